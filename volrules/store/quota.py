"""Quota usages: charging, giving back, and setting right what somebody else has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from volrules.store.records import Difference
from volrules.store.transaction import Row, Transaction
from volrules.store.values import UNLIMITED, OverQuota, Shortage

# A conditional write: no row is written where the amount would exceed the limit; landing on it is fine.
RESERVE = """
    INSERT INTO quota_usages AS usage (project_id, resource, in_use, reserved)
    SELECT :project_id, :resource, :amount, 0 WHERE :quota < 0 OR :amount <= :quota
    ON CONFLICT (project_id, resource) DO UPDATE SET in_use = usage.in_use + excluded.in_use
    WHERE :quota < 0 OR usage.in_use + excluded.in_use <= :quota
"""

# Without a limit; a negative amount gives back.
CHARGE = """
    INSERT INTO quota_usages AS usage (project_id, resource, in_use, reserved)
    VALUES (:project_id, :resource, :amount, 0)
    ON CONFLICT (project_id, resource) DO UPDATE SET in_use = usage.in_use + excluded.in_use
"""

CONSUMED = "SELECT resource, in_use FROM quota_usages WHERE project_id = :project_id"

# INVARIANT: charges and usages are compared while nobody can change usages, so no create is caught half way.
LOCK_USAGES = "{lock table quota_usages in exclusive mode}"

DIFFERENCES = """
    SELECT project_id, resource, SUM(in_use), SUM(reserved), SUM(charged)
    FROM (
        SELECT project_id, resource, in_use, reserved, 0 AS charged
        FROM quota_usages
        UNION ALL
        SELECT v.project_id, charge.key, 0, 0, CAST(charge.value AS BIGINT)
        FROM volumes v, {charges of v} AS charge
        WHERE v.project_id IS NOT NULL
    ) AS both_sides
    GROUP BY project_id, resource
    HAVING SUM(in_use) <> SUM(charged) OR SUM(reserved) <> 0
    ORDER BY project_id, resource
"""

SET_RIGHT = """
    INSERT INTO quota_usages (project_id, resource, in_use, reserved)
    VALUES (:project_id, :resource, :charged, 0)
    ON CONFLICT (project_id, resource) DO UPDATE SET in_use = excluded.in_use, reserved = 0
"""


def reserve(transaction: Transaction, project_id: str, charges: Mapping[str, int], limits: Mapping[str, int]) -> bool:
    """Charge all of it, or False: something is over and what has been written must be undone."""
    # INVARIANT: usages are locked in the order of project and resource, so two transactions cannot deadlock.
    rows = [
        {"project_id": project_id, "resource": resource, "amount": amount, "quota": limits.get(resource, UNLIMITED)}
        for resource, amount in sorted(charges.items())
    ]
    return transaction.run_each(RESERVE, rows) == len(rows)


def shortages(
    transaction: Transaction, project_id: str, charges: Mapping[str, int], limits: Mapping[str, int]
) -> OverQuota | None:
    """Every resource that does not suffice by the numbers as they are now; None when all do by now."""
    consumed: dict[str, int] = dict(transaction.rows(CONSUMED, {"project_id": project_id}))
    found = (
        Shortage(resource, amount, consumed.get(resource, 0), limits.get(resource, UNLIMITED))
        for resource, amount in sorted(charges.items())
    )
    short = tuple(each for each in found if 0 <= each.limit < each.consumed + each.requested)
    return OverQuota(short) if short else None


def charge(transaction: Transaction, charges: Mapping[tuple[str, str], int]) -> None:
    """Add amounts, by project and resource, whatever the limits; negative amounts give back."""
    rows = [
        {"project_id": project_id, "resource": resource, "amount": amount}
        for (project_id, resource), amount in sorted(charges.items())
        if amount
    ]
    transaction.run_each(CHARGE, rows)


def give_back(transaction: Transaction, project_id: str | None, charges: str) -> None:
    """Take off what a volume was charged, as its row has it (JSON)."""
    if project_id is not None:
        amounts: dict[str, int] = json.loads(charges)
        charge(transaction, {(project_id, resource): -amount for resource, amount in amounts.items()})


def differences(transaction: Transaction) -> list[Difference]:
    """Where usages are not the sum of the volumes' charges."""
    return [_difference(row) for row in transaction.rows(DIFFERENCES)]


def set_right(transaction: Transaction) -> list[Difference]:
    """Make usages the sum of the charges; returns what differed."""
    transaction.run(LOCK_USAGES)
    found = differences(transaction)
    transaction.run_each(
        SET_RIGHT,
        [{"project_id": each.project_id, "resource": each.resource, "charged": each.charged} for each in found],
    )
    return found


def _difference(row: Row) -> Difference:
    project_id, resource, in_use, reserved, charged = row
    return Difference(project_id, resource, int(in_use), int(reserved), int(charged))
