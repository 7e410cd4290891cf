-- accepted_pair: pairs of one pass that have no rival, or are interchangeable by its rule
-- in:  candidate_pair   pairs of the pass
--      set_pair         interchangeable ones
-- out: one row per pair
select
    $pass_name as pass_name,
    $key_columns as key_columns,
    left_id,
    right_id,
    difference_minor,
    days_apart,
    key_value,
    currency,
    left_choices,
    right_choices,
from candidate_pair
where left_choices = 1 and right_choices = 1
union all
select
    $pass_name as pass_name,
    $key_columns as key_columns,
    left_id,
    right_id,
    difference_minor,
    days_apart,
    key_value,
    currency,
    left_choices,
    right_choices,
from set_pair
where $interchangeable
order by left_id, right_id
