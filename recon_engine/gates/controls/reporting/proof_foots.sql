-- RPT-004: the components of a proof add up to what is unexplained; one that is missing proves nothing
-- in:  proof   one row per component
-- out: one number: proofs of which that is not so
with
footed as (
    select
        count(*) filter (where amount_minor is null) as missing,
        count(*) filter (where component = 'unexplained' and amount_minor is null) as open_ends,
        min(verdict) as verdict,
        sum(case when component = 'unexplained' then -amount_minor else amount_minor end) as gap_minor,
    from proof
    group by proof, entity, account, currency
)

select
    cast(count(*) as bigint) as delta,
from footed
where
    (missing = 0 and gap_minor is distinct from 0)
    or (missing > 0 and (open_ends = 0 or verdict <> 'unproved'))
