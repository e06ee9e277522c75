-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_words(texts text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(array_remove(string_to_array(regexp_replace(regexp_replace(lower(regexp_replace(NORMALIZE(texts, NFKD), '[\u0300-\u036f\u093c''\u2019\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]'::text, ''::text, 'g'::text)), '[\u0001-/:-@[-`{-\u00bf\u00d7\u00f7\u0964\u0965\u0970\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\U0001f000-\U0001faff]+'::text, ' '::text, 'g'::text), '([^ ]{40})[^ ]+'::text, '\1'::text, 'g'::text), ' '::text), ''::text));
