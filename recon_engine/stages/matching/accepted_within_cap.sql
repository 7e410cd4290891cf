-- accepted_pair: pairs of one pass that are equal, or for whose difference its caps leave room
-- in:  accepted_pair   what the pass found
--      capped_pair     pairs that the caps of the pass leave no room for
-- out: one row per pair
select
    p.pass_name, p.key_columns, p.left_id, p.right_id, p.difference_minor, p.days_apart, p.key_value, p.currency,
    p.left_choices, p.right_choices,
from accepted_pair as p
anti join capped_pair as c on c.left_id = p.left_id and c.right_id = p.right_id
order by left_id, right_id
