"""A pass of the rulebook becomes the query for its candidate pairs."""

from __future__ import annotations

from recon_engine.rulebook.matching import MatchPass

CANDIDATES = """\
-- candidate_pair: every pair of free items that the pass {name} would accept, with rivals counted
-- in:  {free}   items that no earlier pass took
-- out: one row per pair; safe where both counts are 1
with
pair as (
    select
        l.item_id as left_id,
        r.item_id as right_id,
        l.amount_minor - r.amount_minor as difference_minor,
        r.event_date - l.event_date as days_apart,
        {key_value} as key_value,
        l.currency as currency,
    from {free} as l
    inner join {free} as r
        on {join}
    where
        l.side = '{left}'
        and r.side = '{right}'
        and abs(r.event_date - l.event_date) <= {tolerance_days}
),

crowded_left as (
    select left_id, count(*) as choices
    from pair
    group by left_id
    having count(*) > 1
),

crowded_right as (
    select right_id, count(*) as choices
    from pair
    group by right_id
    having count(*) > 1
)

select
    p.left_id as left_id,
    p.right_id as right_id,
    p.difference_minor as difference_minor,
    p.days_apart as days_apart,
    p.key_value as key_value,
    p.currency as currency,
    coalesce(cl.choices, 1) as left_choices,
    coalesce(cr.choices, 1) as right_choices,
from pair as p
left join crowded_left as cl on cl.left_id = p.left_id
left join crowded_right as cr on cr.right_id = p.right_id
order by left_id, right_id
"""


def candidate_query(match_pass: MatchPass, free: str) -> str:
    """Return the query that yields every pair one pass would accept.

    Names of columns come from the closed lists of the rulebook; `free` is a relation of the stage.
    Entity and currency always agree, and the amount up to the tolerance: the pass adds its
    reference columns.
    """
    columns = ("entity", "currency", *match_pass.on)
    return CANDIDATES.format(
        name=match_pass.name,
        free=free,
        left=match_pass.left,
        right=match_pass.right,
        join=" and ".join((*(f"r.{column} = l.{column}" for column in columns), _near(match_pass))),
        key_value="concat_ws(' ', " + ", ".join(f"l.{column}" for column in match_pass.on) + ")",
        tolerance_days=match_pass.tolerance_days,
    )


def _near(match_pass: MatchPass) -> str:
    """Return how near two amounts must be; what a bank keeps of a payout can only make it less."""
    tolerance = match_pass.tolerance_minor
    if not tolerance:
        return "r.amount_minor = l.amount_minor"
    least = 0 if match_pass.difference == "bank_charge" else -tolerance
    apart = f"l.amount_minor - r.amount_minor between {least} and {tolerance}"
    return f"sign(r.amount_minor) = sign(l.amount_minor) and {apart}"
