-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_edited(row_name text, columns text[], step text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN ((SELECT format('jsonb_build_object(%s)'::text, string_agg(format('%L, %s.%I'::text, name.name, chaishots_edited.row_name, name.name), ', '::text)) AS format FROM unnest(chaishots_edited.step) name(name)) || (SELECT string_agg(format(' || case when later.%1$s is distinct from earlier.%1$s then jsonb_build_object(%2$L, %3$s.%1$s) else ''{}'' end'::text, name.name, TRIM(BOTH '"'::text FROM name.name), chaishots_edited.row_name), ''::text) AS string_agg FROM unnest(chaishots_edited.columns) name(name)));
