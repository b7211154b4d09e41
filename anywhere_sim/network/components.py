"""The classes that a network is built from, so that a run can be given others."""

from __future__ import annotations

from dataclasses import dataclass

from mypy_extensions import mypyc_attr

from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.capacity import RecordedRate
from anywhere_sim.network.max_min_link import MaxMinLink
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.resolver import Resolver
from anywhere_sim.network.segmentation import Segmentation
from anywhere_sim.network.tcp_connection import TcpComponents
from anywhere_sim.network.tcp_exchange import TcpExchange
from anywhere_sim.network.tcp_model import TcpModel
from anywhere_sim.network.topology import Topology


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class NetworkComponents(TcpComponents):
    """What a site's topology, connections and attempts are made of.

    A subclass with one method replaced is an ablation.

    `NetworkComponents(tcp_model=NoSlowStart)` builds a network whose senders never stall, and
    leaves everything else as it is.
    """

    tcp_model: type[TcpModel] = TcpModel
    segmentation: type[Segmentation] = Segmentation
    access_path: type[AccessPath] = AccessPath
    processor_sharing_link: type[ProcessorSharingLink] = ProcessorSharingLink
    max_min_link: type[MaxMinLink] = MaxMinLink
    recorded_rate: type[RecordedRate] = RecordedRate
    topology: type[Topology] = Topology
    resolver: type[Resolver] = Resolver
    tcp_exchange: type[TcpExchange] = TcpExchange
