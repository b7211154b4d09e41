"""The model against published figures: predictions, calibrations, and known misfits."""
