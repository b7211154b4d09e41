"""Calibration: from the tables of real logs to a scenario, with intervals and reasons."""

from anywhere_sim.calibration.calibrate import calibrate
from anywhere_sim.calibration.estimate import CalibrationError, Estimate
from anywhere_sim.calibration.written import Calibration, Row

__all__ = ["Calibration", "CalibrationError", "Estimate", "Row", "calibrate"]
