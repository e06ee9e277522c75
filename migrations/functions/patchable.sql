-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 36_20261127193000_changes_in_releases.py
CREATE OR REPLACE FUNCTION chaishots_patchable(object_type text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE object_type WHEN 'program'::text THEN ARRAY['title'::text, 'description'::text, 'translations'::text, 'slug'::text, 'former_slugs'::text, 'language_primary'::text, 'languages_available'::text, 'posters'::text, 'position'::text, 'shows_coming_soon'::text, 'topics'::text] WHEN 'term'::text THEN ARRAY['program_id'::text, 'term_number'::text, 'title'::text, 'translations'::text] WHEN 'lesson'::text THEN ARRAY['term_id'::text, 'lesson_number'::text, 'title'::text, 'summary'::text, 'translations'::text, 'content_type'::text, 'duration_ms'::text, 'is_paid'::text, 'content_language_primary'::text, 'content_languages_available'::text, 'content_urls'::text, 'subtitle_urls'::text, 'thumbnails'::text, 'archive_at'::text, 'archive_zone'::text, 'status'::text] ELSE NULL::text[] END;
