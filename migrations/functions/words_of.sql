-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 27_20261127070000_places.py
CREATE OR REPLACE FUNCTION chaishots_words_of(shown program)
 RETURNS tsvector
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN chaishots_words(concat_ws(' '::text, (shown).title, (shown).description, chaishots_translated((shown).translations), (SELECT string_agg(concat_ws(' '::text, term.title, chaishots_translated(term.translations)), ' '::text) AS string_agg FROM term WHERE (term.program_id = (chaishots_words_of.shown).id)), (SELECT string_agg(concat_ws(' '::text, topic.name, chaishots_translated(topic.translations)), ' '::text) AS string_agg FROM (program_topic JOIN topic ON ((topic.id = program_topic.topic_id))) WHERE (program_topic.program_id = (chaishots_words_of.shown).id))));

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_words_of(title text, summary text, translations jsonb)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN chaishots_words((((title || ' '::text) || summary) || CASE WHEN (translations <> '{}'::jsonb) THEN COALESCE((' '::text || chaishots_translated(translations)), ''::text) ELSE ''::text END));
