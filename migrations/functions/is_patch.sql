-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_is_patch(object_type text, patch jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((jsonb_typeof(patch) = 'object'::text) AND (patch <> '{}'::jsonb) AND (octet_length((patch)::text) <= 250000) AND ((patch - chaishots_patchable(object_type)) = '{}'::jsonb) AND COALESCE(((jsonb_typeof((patch -> 'topics'::text)) = 'array'::text) AND (NOT jsonb_path_exists(patch, '$."topics"[*]?(@.type() != "string")'::jsonpath))), true) AND COALESCE(((patch ->> 'term_id'::text) ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text), (NOT (patch ? 'term_id'::text))) AND COALESCE(((patch ->> 'program_id'::text) ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text), (NOT (patch ? 'program_id'::text))));
