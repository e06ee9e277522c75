-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 26_20261127013000_shown_ready.py
CREATE OR REPLACE FUNCTION chaishots_pictures_in(assets jsonb)
 RETURNS TABLE(tag text, variant text, url text, pictured picture)
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT by_language.key,
     by_variant.key,
     by_variant.value,
     picture.*::picture AS picture
    FROM ((jsonb_each(chaishots_pictures_in.assets) by_language(key, value)
      CROSS JOIN LATERAL jsonb_each_text(by_language.value) by_variant(key, value))
      JOIN picture ON (((picture.id)::text = "substring"(by_variant.value, '/pictures/([0-9a-f]{64})(?:-[0-9]{1,5})?[.](?:webp|avif)$'::text))));
END;
