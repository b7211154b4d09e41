"""The remote operations (ROPs) that calls carry, by the names and numbers of MS-OXCROPS.

A call to a store is one packet with a batch of operations (server_load 1): perfmon counts both,
as RPC Packets/sec and RPC Operations/sec. What an operation costs the processor is relative and
assumed in three steps: a server's `light_rop_weight`, 1, and its `heavy_rop_weight`.
`MEAN_ROP_WEIGHT` and `MEAN_CALL_WEIGHT` are the mean weights of an operation and of a call of
medium users in cached mode on the LAN, the workload nearest to the one measured, so that their mean
operation (or call) costs what was measured (measurements A2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from anywhere_sim.scenario.server import HEAVY_WEIGHT, LIGHT_WEIGHT
from anywhere_sim.scenario.sources import calibrated

LIGHT, NORMAL, HEAVY = LIGHT_WEIGHT, 1.0, HEAVY_WEIGHT
MEAN_ROP_WEIGHT: Annotated[
    float,
    calibrated(
        "measurements A2: 2.65 Mcycles per operation of a medium user in cached mode on the LAN",
        0.4,
        1.6,
    ),
] = 0.727
MEAN_CALL_WEIGHT: Annotated[
    float,
    calibrated(
        "measurements A2: 2.65 Mcycles per call of a medium user in cached mode on the LAN, the "
        "other reading",
        2,
        12,
    ),
] = 3.86


@dataclass(frozen=True, slots=True)
class Rop:
    """A kind of operation: its number (MS-OXCROPS 2.2), name, and relative processor time.

    What an address book call does (MS-OXNSPI) counts as one operation too; its number is 0.
    """

    rop_id: int
    name: str
    weight: float = NORMAL


RELEASE = Rop(0x01, "RopRelease", LIGHT)
OPEN_FOLDER = Rop(0x02, "RopOpenFolder")
OPEN_MESSAGE = Rop(0x03, "RopOpenMessage", HEAVY)
GET_HIERARCHY_TABLE = Rop(0x04, "RopGetHierarchyTable")
GET_CONTENTS_TABLE = Rop(0x05, "RopGetContentsTable")
CREATE_MESSAGE = Rop(0x06, "RopCreateMessage")
GET_PROPERTIES = Rop(0x07, "RopGetPropertiesSpecific")
SET_PROPERTIES = Rop(0x0A, "RopSetProperties")
SAVE_CHANGES = Rop(0x0C, "RopSaveChangesMessage", HEAVY)
MODIFY_RECIPIENTS = Rop(0x0E, "RopModifyRecipients")
READ_RECIPIENTS = Rop(0x0F, "RopReadRecipients")
SET_READ_FLAG = Rop(0x11, "RopSetMessageReadFlag")
SET_COLUMNS = Rop(0x12, "RopSetColumns", LIGHT)
SORT_TABLE = Rop(0x13, "RopSortTable")
QUERY_ROWS = Rop(0x15, "RopQueryRows", HEAVY)
QUERY_POSITION = Rop(0x17, "RopQueryPosition", LIGHT)
SEEK_ROW = Rop(0x18, "RopSeekRow", LIGHT)
GET_MESSAGE_STATUS = Rop(0x1F, "RopGetMessageStatus", LIGHT)
GET_ATTACHMENT_TABLE = Rop(0x21, "RopGetAttachmentTable")
OPEN_ATTACHMENT = Rop(0x22, "RopOpenAttachment")
GET_RECEIVE_FOLDER = Rop(0x27, "RopGetReceiveFolder")
REGISTER_NOTIFICATION = Rop(0x29, "RopRegisterNotification", LIGHT)
NOTIFY = Rop(0x2A, "RopNotify", LIGHT)
OPEN_STREAM = Rop(0x2B, "RopOpenStream")
READ_STREAM = Rop(0x2C, "RopReadStream")
WRITE_STREAM = Rop(0x2D, "RopWriteStream")
SET_SEARCH_CRITERIA = Rop(0x30, "RopSetSearchCriteria", HEAVY)
GET_SEARCH_CRITERIA = Rop(0x31, "RopGetSearchCriteria", LIGHT)
SUBMIT_MESSAGE = Rop(0x32, "RopSubmitMessage", HEAVY)
MOVE_COPY_MESSAGES = Rop(0x33, "RopMoveCopyMessages", HEAVY)
GET_RULES_TABLE = Rop(0x3F, "RopGetRulesTable")
GET_ADDRESS_TYPES = Rop(0x49, "RopGetAddressTypes", LIGHT)
GET_BUFFER = Rop(0x4E, "RopFastTransferSourceGetBuffer", HEAVY)
FIND_ROW = Rop(0x4F, "RopFindRow", HEAVY)
GET_PROPERTY_IDS = Rop(0x56, "RopGetPropertyIdsFromNames", LIGHT)
COMMIT_STREAM = Rop(0x5D, "RopCommitStream", LIGHT)
SYNC_CONFIGURE = Rop(0x70, "RopSynchronizationConfigure", HEAVY)
IMPORT_MESSAGE_CHANGE = Rop(0x72, "RopSynchronizationImportMessageChange", HEAVY)
IMPORT_DELETES = Rop(0x74, "RopSynchronizationImportDeletes", HEAVY)
STATE_BEGIN = Rop(0x75, "RopSynchronizationUploadStateStreamBegin", LIGHT)
STATE_CONTINUE = Rop(0x76, "RopSynchronizationUploadStateStreamContinue", LIGHT)
STATE_END = Rop(0x77, "RopSynchronizationUploadStateStreamEnd", LIGHT)
IMPORT_MOVE = Rop(0x78, "RopSynchronizationImportMessageMove", HEAVY)
OPEN_COLLECTOR = Rop(0x7E, "RopSynchronizationOpenCollector")
IMPORT_READ_STATE = Rop(0x80, "RopSynchronizationImportReadStateChanges")
GET_TRANSFER_STATE = Rop(0x82, "RopSynchronizationGetTransferState")
LOGON = Rop(0xFE, "RopLogon", HEAVY)
NSPI_RESOLVE_NAMES = Rop(0, "NspiResolveNamesW")
NSPI_QUERY_ROWS = Rop(0, "NspiQueryRows")
RFR_GET_BOOK = Rop(0, "offline address book file")

STATE_PROPERTY = (STATE_BEGIN, STATE_CONTINUE, STATE_END)
"""The upload of one property of a state (MS-OXCFXICS 3.3.5.8.4)."""
