"""Every kind of file that strangers may send, and mutants by their number."""

from random import Random

from tests.fuzz import app_kinds, body_kinds, capture_kinds
from tests.fuzz.byte_mutations import mutated_bytes
from tests.fuzz.kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*body_kinds.KINDS, *capture_kinds.KINDS, *app_kinds.KINDS)}


def mutant(kind: Kind, seed: int, index: int) -> bytes:
    """The same bytes for the same numbers; number 0 is the intact file."""
    rng = Random(f"{kind.name}/{seed}/{index}")
    try:
        return kind.intact() if index == 0 else kind.made(rng)
    except Exception:  # one change of several met what another had broken
        return mutated_bytes(rng, kind.intact())
