"""The embedded Encord: an ASGI app over SQLite that speaks Encord's own API.

It shares no code with the client in this package, so that the two cannot make the same mistake.
"""

from encord_widgets.local.audit import AuditEntry
from encord_widgets.local.embedded import EmbeddedEncord
from encord_widgets.local.faults import FaultEntry, Faults
from encord_widgets.local.preset_runs import PresetRun
from encord_widgets.local.records import NewItem
from encord_widgets.local.store import Store

__all__ = ["AuditEntry", "EmbeddedEncord", "FaultEntry", "Faults", "NewItem", "PresetRun", "Store"]
