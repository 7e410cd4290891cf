-- match_evidence: why each pair was accepted
-- in:  accepted_pair   pairs that were accepted
-- out: one row per pair
select
    $reconciliation as reconciliation,
    content_id('match', [$reconciliation, left_id, right_id]) as match_id,
    pass_name,
    left_id,
    right_id,
    key_columns,
    key_value,
    difference_minor,
    days_apart,
    left_choices,
    right_choices,
    currency,
from accepted_pair
order by reconciliation, match_id, left_id, right_id
