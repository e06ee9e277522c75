-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_words(texts text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN array_to_tsvector(ARRAY(SELECT DISTINCT "left"(word.word, 40) AS "left" FROM regexp_split_to_table(lower(regexp_replace(NORMALIZE(chaishots_words.texts, NFKD), '[\u0300-\u036f\u093c''\u2019\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]'::text, ''::text, 'g'::text)), '[\u0001-/:-@[-`{-\u00bf\u00d7\u00f7\u0964\u0965\u0970\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\U0001f000-\U0001faff]+'::text) word(word) WHERE (word.word <> ''::text)));
