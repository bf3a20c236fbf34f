"""What a save of the schema would change, in parts and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.texts import counted, html_table, printable

__all__ = ["SchemaChange", "SchemaDiff", "Verb"]

Verb: TypeAlias = Literal["added", "restored", "re-typed", "options added", "deleted", "deleted for good"]
_DESTRUCTIVE: Final = frozenset({"deleted", "deleted for good"})
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One key of the schema, from what Encord holds to what is wanted.

    Args:
        key: Metadata key.
        before: Type that Encord holds; None for a new key.
        after: Type wanted.

    Example:
        >>> change = SchemaChange("lux", KeyType("number"), KeyType("text"))
        >>> change.verb, change.text
        ('re-typed', 'lux: re-typed, number → text')
    """

    key: str
    before: KeyType | None
    after: KeyType

    @property
    def verb(self) -> Verb:
        """What happens to the key."""
        if self.before is None:
            return "added"
        if self.after.kind == "deleted":
            return "deleted" if self.after.state == "deleted" else "deleted for good"
        if self.before.kind == "deleted":
            return "restored"
        return "options added" if self.before.kind == self.after.kind == "enum" else "re-typed"

    @property
    def deletes(self) -> bool:
        """Whether the key is taken away, for a while or for good."""
        return self.verb in _DESTRUCTIVE

    @property
    def options(self) -> tuple[str, ...]:
        """Options that an enum gets."""
        held = self.before.options if self.before else ()
        return tuple(option for option in self.after.options if option not in held)

    @property
    def detail(self) -> str:
        """From which type to which, or which options."""
        if self.verb == "options added":
            named = ", ".join(printable(option, 40) for option in self.options[:_SHOWN])
            more = len(self.options) - _SHOWN
            return f"{named} and {more:,} more" if more > 0 else named
        if self.before is None:
            return self.after.label
        if self.deletes:
            return (self.before.was or self.before).label
        was = self.before.was
        if was is not None:
            return (
                self.after.label
                if was.identity == self.after.identity
                else f"{was.label} → {self.after.label}"
            )
        return f"{self.before.label} → {self.after.label}"

    @property
    def text(self) -> str:
        """The change in one line."""
        return f"{printable(self.key)}: {self.verb}, {self.detail}"


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """All staged changes of a schema.

    Args:
        changes: One for each key that changes.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     diff = client.schema.add("rating", "number").delete("notes").diff()
        >>> print(diff.text)
        notes: deleted, text
        rating: added, number
        >>> [change.key for change in diff.deleted]
        ['notes']
    """

    changes: tuple[SchemaChange, ...] = ()

    @classmethod
    def between(cls, before: Mapping[str, KeyType], after: Mapping[str, KeyType]) -> SchemaDiff:
        """What turns one schema into another; keys that the other leaves out stay, as they do on Encord.

        Args:
            before: Types by key.
            after: Types by key.
        """
        return cls(
            tuple(
                SchemaChange(key, before.get(key), ty)
                for key, ty in after.items()
                if key not in before or before[key].identity != ty.identity
            )
        )

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[SchemaChange]:
        return iter(self.changes)

    @property
    def added(self) -> tuple[SchemaChange, ...]:
        """Keys that are new, or restored."""
        return tuple(change for change in self.changes if change.verb in {"added", "restored"})

    @property
    def changed(self) -> tuple[SchemaChange, ...]:
        """Keys that are re-typed or get options."""
        return tuple(change for change in self.changes if change.verb in {"re-typed", "options added"})

    @property
    def deleted(self) -> tuple[SchemaChange, ...]:
        """Keys that are deleted, also for good."""
        return tuple(change for change in self.changes if change.deletes)

    @property
    def sentence(self) -> str:
        """How much changes."""
        parts = ((self.added, "added"), (self.changed, "changed"), (self.deleted, "deleted"))
        said = [f"{counted(len(some), 'key')} {word}" for some, word in parts if some]
        return ", ".join(said) or "nothing changes"

    @property
    def text(self) -> str:
        """One line for each change."""
        return "\n".join(change.text for change in self.changes) or "Nothing changes."

    def __repr__(self) -> str:
        return f"<SchemaDiff: {self.sentence}>"

    def _repr_html_(self) -> str:
        rows = [(printable(change.key), change.verb, change.detail) for change in self.changes]
        return f"<p>{self.sentence}</p>{html_table(['key', 'change', 'detail'], rows)}"
