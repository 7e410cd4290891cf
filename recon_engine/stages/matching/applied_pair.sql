-- accepted_pair_applied: money that a decision puts against a document
-- in:  item             every item of the night
--      follower         items that give back an original of their own side
--      closing          what tonight's decisions say is lost of open disputes
--      state_decision   decisions that take effect tonight; an `apply` names item and document
-- out: one row per pair, shaped as a pass gives it; less than its document pays it in part
--
-- Each is used once, by the first decision that names it. More than the document is put against nothing.
with
asked as (
    select
        decision_seq,
        split_part(subject_id, ' ', 1) as item_id,
        substr(subject_id, length(split_part(subject_id, ' ', 1)) + 2) as document_id,
    from state_decision
    where kind = 'apply'
),

taken as (
    select unnest([left_id, right_id]) as item_id from accepted_pair_restated
    union
    select unnest([left_id, right_id]) as item_id from accepted_pair_reunited
    union
    select item_id from follower
    union
    select lost_id as item_id from closing
),

free_item as (
    select i.*, coalesce(f.left_minor, i.amount_minor) as left_minor
    from item as i
    left join (select distinct leader_id, left_minor from follower) as f on f.leader_id = i.item_id
    anti join taken as t on t.item_id = i.item_id
),

document as (
    select *
    from free_item
    where side = 'ledger' and held_role <> 'bank' and document_id is not null
    qualify count(*) over (partition by document_id, currency) = 1
)

select
    'decision ' || a.decision_seq as pass_name,
    'decision' as key_columns,
    m.item_id as left_id,
    d.item_id as right_id,
    m.left_minor - d.left_minor as difference_minor,
    d.event_date - m.event_date as days_apart,
    cast(a.decision_seq as varchar) as key_value,
    m.currency as currency,
    1 as left_choices,
    1 as right_choices,
from asked as a
inner join free_item as m on m.item_id = a.item_id and m.side in ('settlement', 'bank')
inner join document as d on d.document_id = a.document_id and d.currency = m.currency
where
    m.kind not in ('foreign', 'unknown')
    and m.held_role in ('clearing', 'bank', 'suspense', 'unapplied_receipts')
    and sign(m.left_minor) = sign(d.left_minor)
    and abs(m.left_minor) <= abs(d.left_minor)
qualify
    row_number() over (partition by m.item_id order by a.decision_seq) = 1
    and row_number() over (partition by d.item_id order by a.decision_seq) = 1
order by left_id, right_id
