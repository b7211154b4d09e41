"""How things queue, without a word of mail."""
