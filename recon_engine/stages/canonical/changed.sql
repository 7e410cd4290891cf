-- changed: lines that come again under their own id with other content
-- in:  line_identity           appearances of the date
--      history_line_identity   appearances of all earlier dates
--      same_line               rows of a batch that came again which say what stands
-- out: one row per line, as it came last
select
    i.identity as identity,
    i.row_no as row_no,
    i.delivery_seq as delivery_seq,
    i.amount_minor as amount_minor,
    i.currency as currency,
from line_identity as i
inner join history_line_identity as h
    on h.identity = i.identity and h.disposition = 'counted' and h.dataset = i.dataset
anti join same_line as s on s.delivery_seq = i.delivery_seq and s.row_no = i.row_no
where i.disposition = 'duplicate' and h.row_digest <> i.row_digest
qualify row_number() over (
    partition by i.identity order by i.delivery_seq desc, i.row_no desc
) = 1
order by identity, row_no, delivery_seq
