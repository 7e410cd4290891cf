-- accepted_pair_reunited: what was left of a document, and what was paid of it and is so no more
-- in:  item   every item of the night
-- out: one row per pair, shaped as a pass gives it; both are on one side, and are zero together
select
    'rest' as pass_name,
    'document_id' as key_columns,
    c.item_id as left_id,
    r.item_id as right_id,
    cast(0 as bigint) as difference_minor,
    r.event_date - c.event_date as days_apart,
    coalesce(r.document_id, r.item_id) as key_value,
    r.currency as currency,
    1 as left_choices,
    1 as right_choices,
from item as r
inner join item as c on c.item_id = content_id('counter', [r.item_id])
where r.dataset = 'rest' and c.dataset = 'rest'
order by left_id, right_id
