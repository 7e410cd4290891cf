-- accepted_pair_restated: lines taken back, with the item that they end
-- in:  item         every item of the night
--      withdrawal   what each line taken back meets
-- out: one row per pair, shaped as a pass gives it; both are on one side, and are zero together
select
    'restatement' as pass_name,
    'base_id' as key_columns,
    w.item_id as left_id,
    w.partner_id as right_id,
    l.amount_minor + r.amount_minor as difference_minor,
    r.event_date - l.event_date as days_apart,
    w.base_id as key_value,
    l.currency as currency,
    1 as left_choices,
    1 as right_choices,
from withdrawal as w
inner join item as l on l.item_id = w.item_id
inner join item as r on r.item_id = w.partner_id
where r.currency = l.currency and r.amount_minor = -l.amount_minor
order by left_id, right_id
