-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 21_20261126234500_hangs.py
CREATE OR REPLACE FUNCTION chaishots_pause(tries integer)
 RETURNS interval
 LANGUAGE sql
 PARALLEL SAFE
RETURN (((1)::double precision + (random() / (10)::double precision)) * LEAST('01:00:00'::interval, ('00:00:30'::interval * power((2)::double precision, (LEAST(tries, 10))::double precision))));
