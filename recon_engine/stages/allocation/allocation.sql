-- allocation: every amount that goes to the ledger tonight, by kind
-- in:  fee_part       fees and the tax on them
--      line_part      what is booked without a match
--      matched_part   what tonight's matches and undoings book
--      suspense_part  what goes to suspense tonight on its own, and what leaves it at the bank
--      joined         kind, the kind in whose journal it is booked
-- out: one row per part; parts of a whole add up to it and share its sign
with
part as (
    select * replace (coalesce(generation, 1) as generation)
    from (
        from fee_part
        union all by name
        from line_part
        union all by name
        from matched_part
        union all by name
        from suspense_part
    )
)

select
    content_id('allocation', [
        p.kind, p.whole_id, p.part_id, coalesce(p.match_id, ''), cast(p.generation as varchar)
    ]) as allocation_id,
    $reconciliation as reconciliation,
    p.entity,
    p.kind,
    content_id('group', [coalesce(j.lead, p.kind), p.group_key, cast(p.generation as varchar)]) as group_id,
    p.whole_id,
    p.part_id,
    p.match_id,
    p.generation,
    p.currency,
    p.whole_minor,
    p.amount_minor,
    p.held_role,
    p.matched_account,
    p.document_id,
    p.customer,
    p.functional_currency,
    p.functional_minor,
    p.settled_currency,
    p.settled_minor,
    p.dimension,
    p.affiliate,
    p.event_date,
    p.cause,
from part as p
left join joined as j on j.kind = p.kind
order by allocation_id
