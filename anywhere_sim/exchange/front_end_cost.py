"""What a front end's processor does for its users: operations, bytes, handshakes, logons.

Only the sum was ever measured: c(n), in MHz per user, with n users connected. Three of its terms
are known from elsewhere or assumed (keys of the server); what they leave is the cost of operations.
"""

from __future__ import annotations

from typing import Annotated

from anywhere_sim.scenario.server import Server
from anywhere_sim.scenario.sources import calibrated

_MEASURED_USER = (
    "measurements A1 rows 3-4: what the measured user (20 sent + 80 received, Outlook 2007, "
    "cached, over HTTPS) does in the model, mean of 8 hours (anywhere_sim.validation.calibration)"
)
OPERATIONS_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 0.0288
TLS_BYTES_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 169.0
TLS_RESUMED_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 0.00047
LOGONS_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 0.00017


class FrontEndCost:
    """The work of a front end in Mcycles, term by term.

    The terms of the measured user add up to c(n) = `user_mhz_first` + `user_mhz_slope` n, whatever
    the keys of TLS and logon say: they are taken off before the rest is divided among operations.
    So the growth with n is the operations' alone.
    """

    def __init__(self, spec: Server) -> None:
        self._spec = spec
        self._beside_operations_mhz = (
            self.tls_mcycles(TLS_BYTES_PER_USER_S)
            + self.handshakes_mcycles(0, TLS_RESUMED_PER_USER_S)
            + self.logon_mcycles(LOGONS_PER_USER_S)
        )

    def operations_mcycles(self, operations: int, users: int) -> float:
        """Return what operations cost with so many users connected; never less than nothing."""
        spec = self._spec
        user_mhz = spec.user_mhz_first + spec.user_mhz_slope * users
        left_mhz = max(0.0, user_mhz - self._beside_operations_mhz)
        return operations * left_mhz / OPERATIONS_PER_USER_S

    def tls_mcycles(self, payload_bytes: float) -> float:
        """Return what so many bytes in records of TLS cost to encrypt or decrypt, and to check."""
        return payload_bytes * self._spec.tls_cycles_per_byte / 1e6

    def handshakes_mcycles(self, full: float, resumed: float) -> float:
        """Return what so many full and resumed handshakes cost."""
        return full * self._spec.tls_full_mcycles + resumed * self._spec.tls_resumed_mcycles

    def logon_mcycles(self, logons: float) -> float:
        """Return what so many logons cost here; the domain controller has its own part."""
        return logons * self._spec.logon_mcycles
