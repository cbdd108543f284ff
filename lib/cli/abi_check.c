// SPDX-License-Identifier: MIT
/*
 * uiommufd abi-check: does our ABI header still say what another one says?
 *
 * Names are read from both texts; what they mean (sizes, offsets, numbers) the
 * compiler is asked, once for each header.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <glib/gstdio.h>

#include "abi_names.h"

#define HEADER "linux/iommufd.h"

static const char our_header[] =
#include "iommufd.h.inc"
;

struct header {
	const char *label;
	char *path;			/* owned: the file */
	char *include;			/* owned: folder for -I */
	GHashTable *facts;		/* "sizeof struct x" -> "48"; owned */
	GPtrArray *order;		/* borrowed keys, as in the text */
};

static void header_clear(struct header *header)
{
	g_free(header->path);
	g_free(header->include);
	g_clear_pointer(&header->order, g_ptr_array_unref);
	g_clear_pointer(&header->facts, g_hash_table_unref);
}

/* A program that prints a line "key\tvalue" for each name. */
static char *make_program(const struct abi_names *names, const char *path)
{
	GString *c = g_string_new("#include <stddef.h>\n#include <stdio.h>\n");

	g_string_append_printf(c, "#include \"%s\"\nint main(void)\n{\n", path);
	for (guint i = 0; i < names->structs->len; i++)
		g_string_append_printf(
			c, "printf(\"sizeof %s\\t%%zu\\n\", sizeof(%s));\n",
			(char *)names->structs->pdata[i],
			(char *)names->structs->pdata[i]);
	for (guint i = 0; i < names->members->len; i++) {
		const char *member = names->members->pdata[i];
		const char *dot = strchr(member, '.');

		g_string_append_printf(
			c, "printf(\"offset of %s\\t%%zu\\n\", "
			"offsetof(%.*s, %s));\n", member, (int)(dot - member),
			member, dot + 1);
	}
	for (guint i = 0; i < names->numbers->len; i++)
		g_string_append_printf(
			c, "printf(\"%s\\t0x%%llx\\n\", "
			"(unsigned long long)(%s));\n",
			(char *)names->numbers->pdata[i],
			(char *)names->numbers->pdata[i]);
	g_string_append(c, "return 0;\n}\n");
	return g_string_free(c, FALSE);
}

/* Runs a command; its output, or NULL with @error that has its messages. */
static char *run(char **argv, GError **error)
{
	g_autofree char *errors = NULL;
	char *output = NULL;
	int status;

	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
			  &output, &errors, &status, error))
		return NULL;
	if (g_spawn_check_wait_status(status, NULL))
		return output;
	g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "%s:\n%s",
		    argv[0], errors);
	g_free(output);
	return NULL;
}

/* As make takes it: CC may be words ("ccache gcc"). */
static char **compile_command(const char *include, const char *binary,
			      const char *source, GError **error)
{
	const char *compiler = g_getenv("CC") ? g_getenv("CC") : "cc";
	g_autoptr(GStrvBuilder) command = g_strv_builder_new();
	g_auto(GStrv) words = NULL;

	if (!g_shell_parse_argv(compiler, NULL, &words, error)) {
		g_prefix_error(error, "CC: ");
		return NULL;
	}
	g_strv_builder_addv(command, (const char **)words);
	g_strv_builder_add_many(command, "-w", "-I", include, "-o", binary,
				source, NULL);
	return g_strv_builder_end(command);
}

static char *ask_compiler(const struct header *header, const char *program,
			  const char *folder, GError **error)
{
	g_autofree char *source = g_build_filename(folder, "ask.c", NULL);
	g_autofree char *binary = g_build_filename(folder, "ask", NULL);
	g_auto(GStrv) compile =
		compile_command(header->include, binary, source, error);
	char *execute[] = { binary, NULL };
	g_autofree char *nothing = NULL;
	char *answer = NULL;

	if (compile && g_file_set_contents(source, program, -1, error)) {
		nothing = run(compile, error);
		if (nothing)
			answer = run(execute, error);
	}
	g_unlink(source);
	g_unlink(binary);
	return answer;
}

static void take_facts(struct header *header, char *answer)
{
	header->facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      g_free);
	header->order = g_ptr_array_new();
	for (char *line = answer, *end; (end = strchr(line, '\n'));
	     line = end + 1) {
		char *tab = strchr(line, '\t');
		char *key = g_strndup(line, tab - line);

		/* A name that stands twice says the same twice. */
		if (g_hash_table_insert(header->facts, key,
					g_strndup(tab + 1, end - tab - 1)))
			g_ptr_array_add(header->order, key);
	}
}

static gboolean read_header(struct header *header, const char *folder,
			    GError **error)
{
	g_autofree char *text = NULL, *program = NULL, *answer = NULL;
	g_autoptr(abi_names) names = NULL;

	if (!g_file_get_contents(header->path, &text, NULL, error))
		return FALSE;
	names = abi_names_parse(text);
	if (!names->structs->len) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s: no structure in it", header->path);
		return FALSE;
	}
	program = make_program(names, header->path);
	answer = ask_compiler(header, program, folder, error);
	if (!answer)
		return FALSE;
	take_facts(header, answer);
	return TRUE;
}

/* ---- comparison ---- */

static const char *value(const struct header *header, const char *key)
{
	return g_hash_table_lookup(header->facts, key);
}

static guint report_missing(const struct header *from, const struct header *in)
{
	guint count = 0;

	for (guint i = 0; i < from->order->len; i++) {
		const char *key = from->order->pdata[i];

		if (value(in, key))
			continue;
		printf("%s (%s) is only in %s\n", key, value(from, key),
		       from->label);
		count++;
	}
	return count;
}

static guint report_different(const struct header *ours,
			      const struct header *theirs)
{
	guint count = 0;

	for (guint i = 0; i < ours->order->len; i++) {
		const char *key = ours->order->pdata[i];
		const char *a = value(ours, key), *b = value(theirs, key);

		if (!b || !strcmp(a, b))
			continue;
		printf("%s is %s in %s, %s in %s\n", key, a, ours->label, b,
		       theirs->label);
		count++;
	}
	return count;
}

static int compare(struct header *ours, struct header *theirs)
{
	guint different = report_different(ours, theirs);
	guint missing = report_missing(ours, theirs);
	guint more = report_missing(theirs, ours);

	printf("%u facts agree; %u differ, %u are only in %s, %u only in %s\n",
	       ours->order->len - different - missing, different, missing,
	       ours->label, more, theirs->label);
	return different + missing + more ? EXIT_UNCLEAN : EXIT_CLEAN;
}

/* ---- where the headers are ---- */

/* A kernel tree, an installed include folder, or the header itself. */
static gboolean find_header(const char *path, struct header *header)
{
	static const char *const places[] = {
		"include/uapi/" HEADER, "usr/include/" HEADER,
		"include/" HEADER, HEADER,
	};

	if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
		header->path = g_canonicalize_filename(path, NULL);
		header->include = g_path_get_dirname(header->path);
		return g_file_test(path, G_FILE_TEST_EXISTS);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *file = g_build_filename(path, places[i], NULL);

		if (!g_file_test(file, G_FILE_TEST_EXISTS))
			continue;
		header->path = g_canonicalize_filename(file, NULL);
		/* Not the tree's include/uapi: its <linux/types.h> is raw. */
		header->include = g_path_get_dirname(header->path);
		return TRUE;
	}
	return FALSE;
}

/* Ours is part of the command: the compiler is given it as a file in @folder. */
static gboolean put_ours(struct header *header, const char *folder,
			 GError **error)
{
	header->path = g_build_filename(folder, "ours.h", NULL);
	header->include = g_strdup(folder);
	return g_file_set_contents(header->path, our_header, -1, error);
}

static int check_against(const char *path)
{
	struct header ours = { .label = "ours" }, theirs = { .label = "theirs" };
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = NULL;
	int status = EXIT_USAGE;

	if (!find_header(path, &theirs))
		complain(EXIT_USAGE, "abi-check: %s: no " HEADER, path);
	else if (!(folder = g_dir_make_tmp("uiommufd-XXXXXX", &error)) ||
		 !put_ours(&ours, folder, &error) ||
		 !read_header(&ours, folder, &error) ||
		 !read_header(&theirs, folder, &error))
		complain(EXIT_USAGE, "abi-check: %s", error->message);
	else
		status = compare(&ours, &theirs);
	if (ours.path)
		g_unlink(ours.path);
	if (folder)
		g_rmdir(folder);
	header_clear(&ours);
	header_clear(&theirs);
	return status;
}

int cmd_abi_check(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(
		"PATH - compare our ABI header with another one");
	g_autoptr(GError) error = NULL;

	g_option_context_set_description(
		context, "PATH is a kernel tree, a folder of installed headers "
			 "or a header.\nSee uiommufd-abi-check(1).");
	if (!g_option_context_parse(context, &argc, &argv, &error))
		return complain(EXIT_USAGE, "abi-check: %s", error->message);
	if (argc != 2)
		return complain(EXIT_USAGE, "abi-check: one PATH is wanted");
	return check_against(argv[1]);
}
