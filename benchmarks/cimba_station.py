"""M/M/4 as Cimba Python writes it; imported only where Cimba is installed (`pip install cimba`)."""

import cimba

SERVERS, LOAD = 4, 0.8


class Station(cimba.Model):
    """Four processes that take from one container; a service each."""

    gap_s: cimba.Input[float] = cimba.inputs.dist.exponential(mean=1.0 / (SERVERS * LOAD))
    service_s: cimba.Input[float] = cimba.inputs.dist.exponential(mean=1.0)
    waiting: cimba.Container
    mean_queue: cimba.Output[float]

    @cimba.process
    def arrivals(self) -> None:
        """Let one arrive each gap."""
        while True:
            cimba.hold(self.gap_s.next())
            self.waiting.put(1)

    @cimba.process
    def first(self) -> None:
        """Serve one after another, as the others do."""
        while True:
            self.waiting.get(1)
            cimba.hold(self.service_s.next())

    @cimba.process
    def second(self) -> None:
        """As the first."""
        while True:
            self.waiting.get(1)
            cimba.hold(self.service_s.next())

    @cimba.process
    def third(self) -> None:
        """As the first."""
        while True:
            self.waiting.get(1)
            cimba.hold(self.service_s.next())

    @cimba.process
    def fourth(self) -> None:
        """As the first."""
        while True:
            self.waiting.get(1)
            cimba.hold(self.service_s.next())

    @cimba.on_end
    def measure(self) -> None:
        """Keep what the run tells."""
        self.mean_queue = self.waiting.mean_level()
