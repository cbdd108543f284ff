// SPDX-License-Identifier: MIT
/*
 * A reader of the C that user interface headers are written in: macros,
 * enumerations, structures of plain members, arrays and nested parts.
 */
#include "abi_names.h"

#include <string.h>

struct reader {
	struct abi_names *names;
	const char *at;
};

static void add(GPtrArray *array, char *name)
{
	g_ptr_array_add(array, name);
}

/* The text with comments blanked out and continued lines joined. */
static char *without_comments(const char *text)
{
	char *out = g_strdup(text), *c = out;

	while (*c) {
		char *end = NULL;

		if (g_str_has_prefix(c, "\\\n"))
			end = c + 2;
		else if (g_str_has_prefix(c, "/*"))
			end = strstr(c, "*/") ? strstr(c, "*/") + 2 : NULL;
		else if (g_str_has_prefix(c, "//"))
			end = strchr(c, '\n');
		else {
			c++;
			continue;
		}
		if (!end)
			end = c + strlen(c);
		memset(c, ' ', end - c);
		c = end;
	}
	return out;
}

/* ---- macros ---- */

/* A macro that can be a number: it has a body and no parameters. */
static void read_macro(struct abi_names *names, const char *line)
{
	const char *name = line + strspn(line, " \t");
	gsize length = strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
	const char *body = name + length + strspn(name + length, " \t");

	if (!length || name[length] == '(' || *body == '\n' || !*body ||
	    *body == '"' || g_str_has_prefix(body, "struct "))
		return;
	add(names->numbers, g_strndup(name, length));
}

static void read_macros(struct abi_names *names, char *text)
{
	char *line = text;

	while (line && *line) {
		char *start = line + strspn(line, " \t");
		char *end = strchr(line, '\n');

		if (*start == '#') {
			start++;
			start += strspn(start, " \t");
			if (g_str_has_prefix(start, "define"))
				read_macro(names, start + strlen("define"));
			/* The rest is not looked at again. */
			memset(line, ' ', end ? end - line : strlen(line));
		}
		line = end ? end + 1 : NULL;
	}
}

/* ---- declarations ---- */

static void skip_space(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t\n");
}

/* A word or one other character; owned; empty at the end. */
static char *next_token(struct reader *reader)
{
	gsize length;
	char *token;

	skip_space(reader);
	length = strspn(reader->at,
			G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
	if (!length && *reader->at)
		length = 1;
	token = g_strndup(reader->at, length);
	reader->at += length;
	return token;
}

static gboolean is_word(const char *token)
{
	return g_ascii_isalpha(*token) || *token == '_';
}

static void skip_to(struct reader *reader, char closing)
{
	char opening = closing == '}' ? '{' : closing == ']' ? '[' : '(';
	int depth = 1;

	while (*reader->at && depth) {
		depth += *reader->at == opening;
		depth -= *reader->at == closing;
		reader->at++;
	}
}

/* Constants up to the closing brace. */
static void read_enumerators(struct reader *reader)
{
	gboolean fresh = TRUE;

	for (;;) {
		g_autofree char *token = next_token(reader);

		if (!*token || *token == '}')
			return;
		if (fresh && is_word(token))
			add(reader->names->numbers, g_steal_pointer(&token));
		if (token && *token == '(')
			skip_to(reader, ')');
		fresh = token && *token == ',';
	}
}

static void read_members(struct reader *reader, const char *prefix);

/* After the keyword of a part: its body, then its name if it has one. */
static void read_part(struct reader *reader, const char *prefix)
{
	struct reader body = *reader;
	g_autofree char *name = NULL, *inner = NULL;

	skip_to(reader, '}');
	name = next_token(reader);
	inner = is_word(name) ? g_strconcat(prefix, name, ".", NULL) :
				g_strdup(prefix);
	read_members(&body, inner);
	while (*name && *name != ';') {
		g_free(name);
		name = next_token(reader);
	}
}

/* Members up to the closing brace; the last word before ';', ',' or '['. */
static void read_members(struct reader *reader, const char *prefix)
{
	g_autofree char *last = NULL;
	gboolean may_open = FALSE;

	for (;;) {
		g_autofree char *token = next_token(reader);

		if (!*token || *token == '}')
			return;
		if (*token == '{' && may_open) {
			g_clear_pointer(&last, g_free);
			read_part(reader, prefix);
		} else if (*token == '[') {
			skip_to(reader, ']');
		} else if ((*token == ';' || *token == ',') && last) {
			add(reader->names->members,
			    g_strconcat(prefix, last, NULL));
			if (*token == ';')
				g_clear_pointer(&last, g_free);
		} else if (is_word(token)) {
			may_open |= !strcmp(token, "struct") ||
				    !strcmp(token, "union");
			g_free(last);
			last = g_strdup(token);
		}
		if (*token == ';' || *token == '{')
			may_open = FALSE;
	}
}

static void read_struct(struct reader *reader)
{
	g_autofree char *tag = next_token(reader);
	g_autofree char *prefix = g_strdup_printf("struct %s.", tag);
	struct reader look = *reader;
	g_autofree char *open = next_token(&look);

	if (*open != '{')
		return;		/* only mentioned */
	*reader = look;
	add(reader->names->structs, g_strdup_printf("struct %s", tag));
	read_members(reader, prefix);
}

static void read_enum(struct reader *reader)
{
	g_autofree char *token = next_token(reader);

	if (is_word(token)) {
		g_free(token);
		token = next_token(reader);
	}
	if (*token == '{')
		read_enumerators(reader);
}

struct abi_names *abi_names_parse(const char *text)
{
	struct abi_names *names = g_new0(struct abi_names, 1);
	g_autofree char *clean = without_comments(text);
	struct reader reader = { .names = names, .at = clean };

	names->structs = g_ptr_array_new_with_free_func(g_free);
	names->members = g_ptr_array_new_with_free_func(g_free);
	names->numbers = g_ptr_array_new_with_free_func(g_free);
	read_macros(names, clean);
	for (;;) {
		g_autofree char *token = next_token(&reader);

		if (!*token)
			return names;
		if (!strcmp(token, "struct"))
			read_struct(&reader);
		else if (!strcmp(token, "enum"))
			read_enum(&reader);
	}
}

void abi_names_free(struct abi_names *names)
{
	g_ptr_array_unref(names->structs);
	g_ptr_array_unref(names->members);
	g_ptr_array_unref(names->numbers);
	g_free(names);
}
