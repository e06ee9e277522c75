"""The CMS over HTTP: everything an editor does. A module a resource; no rule of content lives here."""
