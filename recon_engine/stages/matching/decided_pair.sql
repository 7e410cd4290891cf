-- accepted_pair_decided: lost disputes, with the decision that ends each
-- in:  closing   what tonight's decisions say is lost of open disputes
--      item      every item of the night
-- out: one row per pair, shaped as a pass gives it; both are on one side, and are zero together
select
    'decision ' || c.decision_seq as pass_name,
    'decision' as key_columns,
    c.lost_id as left_id,
    c.item_id as right_id,
    cast(0 as bigint) as difference_minor,
    c.event_date - i.event_date as days_apart,
    cast(c.decision_seq as varchar) as key_value,
    c.currency as currency,
    1 as left_choices,
    1 as right_choices,
from closing as c
inner join item as i on i.item_id = c.lost_id
order by left_id, right_id
