-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_edited(row_name text, columns text[], step text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN ((SELECT format('jsonb_build_object(%s)'::text, string_agg(format('%L, %s.%I'::text, name.name, chaishots_edited.row_name, name.name), ', '::text)) AS format FROM unnest(chaishots_edited.step) name(name)) || (SELECT string_agg(format(' || case when (%s) is distinct from (%s) then ''{}''%s else ''{}'' end'::text, five.later, five.earlier, five.parts), ''::text ORDER BY five.place) AS string_agg FROM (SELECT ((every.place - 1) / 5) AS place, string_agg(('later.'::text || every.name), ', '::text) AS later, string_agg(('earlier.'::text || every.name), ', '::text) AS earlier, string_agg(format(' || case when later.%1$s is distinct from earlier.%1$s then jsonb_build_object(%2$L, %3$s.%1$s) else ''{}'' end'::text, every.name, TRIM(BOTH '"'::text FROM every.name), chaishots_edited.row_name), ''::text) AS parts FROM unnest(chaishots_edited.columns) WITH ORDINALITY every(name, place) GROUP BY ((every.place - 1) / 5)) five));
