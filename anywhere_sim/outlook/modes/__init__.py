"""The three modes behind one base class."""
