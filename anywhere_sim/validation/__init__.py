"""The model against published figures: predictions, calibrations, and known misfits."""

from anywhere_sim.validation.calibration import Mix, drive

__all__ = ["Mix", "drive"]
