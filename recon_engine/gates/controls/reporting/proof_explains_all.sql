-- RPT-003: a proof ends with one component `unexplained`, which is zero unless the proof says otherwise
-- in:  proof   one row per component
-- out: one number: proofs of which that is not so
with
ended as (
    select
        count(*) filter (where component = 'unexplained') as endings,
        max(position) filter (where component = 'unexplained') as ending,
        max(position) as last_position,
        count(distinct verdict) as verdicts,
        min(verdict) as verdict,
        sum(amount_minor) filter (where component = 'unexplained') as unexplained_minor,
    from proof
    group by proof, entity, account, currency
)

select
    cast(count(*) as bigint) as delta,
from ended
where
    endings <> 1
    or ending <> last_position
    or verdicts <> 1
    or (verdict = 'proved' and unexplained_minor is distinct from 0)
    or (verdict = 'broken' and coalesce(unexplained_minor, 0) = 0)
