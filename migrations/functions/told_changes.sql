-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_told_changes(done uuid[], failed jsonb)
 RETURNS TABLE(what text, id uuid, title text, moment timestamp with time zone, version integer, facts jsonb)
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT
         CASE
             WHEN (entry.value IS NULL) THEN 'applied'::text
             ELSE 'unapplied'::text
         END AS "case",
     named.id,
     named.title,
     named.apply_at,
     named.version,
     entry.value AS entry
    FROM (chaishots_named_changes((chaishots_told_changes.done || ARRAY( SELECT ((entry_1.value ->> 'id'::text))::uuid AS uuid
            FROM jsonb_array_elements(chaishots_told_changes.failed) entry_1(value)))) named(id, title, apply_at, version)
      LEFT JOIN jsonb_array_elements(chaishots_told_changes.failed) entry(value) ON ((((entry.value ->> 'id'::text))::uuid = named.id)))
   ORDER BY named.apply_at, named.id;
END;
