-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 46_20261128081000_cheaper_changes.py
CREATE OR REPLACE FUNCTION chaishots_named_changes(ids uuid[], OUT id uuid, OUT title text, OUT apply_at timestamp with time zone, OUT version integer)
 RETURNS SETOF record
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT change.id,
     (((change.object_type)::text || ' '::text) ||
         CASE change.object_type
             WHEN 'lesson'::text THEN ( SELECT lesson.title
                FROM lesson
               WHERE (lesson.id = change.object_id))
             WHEN 'program'::text THEN ( SELECT program.title
                FROM program
               WHERE (program.id = change.object_id))
             ELSE ( SELECT COALESCE(term.title, ('Term '::text || term.term_number)) AS "coalesce"
                FROM term
               WHERE (term.id = change.object_id))
         END),
     change.apply_at,
     change.version
    FROM change
   WHERE (change.id = ANY (chaishots_named_changes.ids));
END;
