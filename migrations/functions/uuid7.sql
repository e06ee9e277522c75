-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 0_20261123100000_tables.py
CREATE OR REPLACE FUNCTION chaishots_uuid7()
 RETURNS uuid
 LANGUAGE sql
RETURN (SELECT ((((lpad(to_hex((floor((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric)))::bigint), 12, '0'::text) || '7'::text) || substr(random.random, 14, 3)) || substr(random.random, 17)))::uuid AS uuid FROM replace((gen_random_uuid())::text, '-'::text, ''::text) random(random));
