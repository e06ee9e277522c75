-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 44_20261128031500_told_poisons.py
CREATE OR REPLACE FUNCTION chaishots_may_be_unbounded(map jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (octet_length((map)::text) > 400) THEN true ELSE ((map)::text ~ '//(\[|[^/?#"]*[a-z0-9_-]{64}|[^/?#"]{254}|([^/?#":]*[.])?([0-9]+|0x[0-9a-f]*)[:/?#"])'::text) END;
