-- ALL-001: the parts of a whole add up to it (I10)
-- in:  allocation   one row per part
-- out: one number: minor units by which parts and wholes differ
with
whole as (
    select
        sum(amount_minor) as parts_minor,
        min(whole_minor) as least_minor,
        max(whole_minor) as most_minor,
    from allocation
    group by reconciliation, whole_id, kind, match_id, generation, currency
)

select
    cast(
        coalesce(sum(abs(parts_minor - least_minor) + most_minor - least_minor), 0) as bigint
    ) as delta,
from whole
