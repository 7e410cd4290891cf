-- exception_item: what a person must look at of tonight's fees and decisions
-- in:  fee_exception   fees that are not as their contract has them
--      void_decision   decisions that met nothing
-- out: one row per exception
from fee_exception
union all by name
from void_decision
order by exception_id
