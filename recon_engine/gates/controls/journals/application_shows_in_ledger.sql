-- JOU-006: what is applied to documents is what the journal takes off their account (I22)
-- in:  settlement_application   amounts put against documents
--      journal_line             lines of the journals that show their effect
--      allocation               the account that a match clears
-- out: one number: minor units by which they differ, in both currencies
with
applied as (
    select
        journal_id,
        sum(amount_minor) as amount_minor,
        sum(functional_minor) as functional_minor,
    from settlement_application
    group by journal_id
),

cleared as (
    select distinct kind, part_id, matched_account from allocation
),

effect as (
    select
        l.journal_id as journal_id,
        sum(l.amount_minor) as amount_minor,
        sum(l.functional_minor) as functional_minor,
    from journal_line as l
    inner join cleared as c
        on c.kind = l.template and c.part_id = l.part_id and c.matched_account = l.account
    group by l.journal_id
)

select
    cast(coalesce(sum(
        abs(a.amount_minor + coalesce(e.amount_minor, 0))
        + abs(a.functional_minor + coalesce(e.functional_minor, 0))
    ), 0) as bigint) as delta,
from applied as a
left join effect as e on e.journal_id = a.journal_id
