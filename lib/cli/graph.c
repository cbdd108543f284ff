// SPDX-License-Identifier: MIT
/*
 * uiommufd graph: the object graph of a program that runs on us.
 *
 * Says what is wanted in the environment (see uiommufd(7)) and goes on as
 * 'uiommufd run'.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

struct options {
	gchar *output;
	gchar *form;
	gchar *signal;
	gint64 why;
	gboolean refused;
};

static const char *const forms[] = { "text", "dot", "json", "html" };

static gboolean fail(GError **error, const char *format, const char *value)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format,
		    value);
	return FALSE;
}

static gboolean known_form(const char *form)
{
	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++)
		if (!strcmp(form, forms[i]))
			return TRUE;
	return FALSE;
}

/* The library tells the form by the name. */
static gboolean check(struct options *o, GError **error)
{
	if (!o->form)
		o->form = g_strdup("text");
	if (!known_form(o->form))
		return fail(error, "--form: '%s' is not text, dot, json or html",
			    o->form);
	if (o->why < 0 || o->why > G_MAXINT32)
		return fail(error, "--why: not an object ID%s", "");
	if (!strcmp(o->form, "text"))
		return TRUE;
	if (!o->output)
		o->output = g_strdup_printf("graph.%s", o->form);
	if (!g_str_has_suffix(o->output, o->form))
		return fail(error, "--output: '%s' does not end like its form",
			    o->output);
	return TRUE;
}

static gboolean parse(int *argc, char ***argv, struct options *o,
		      GError **error)
{
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->output,
		  "where to (text: standard error; others: graph.FORM)",
		  "FILE" },
		{ "form", 'f', 0, G_OPTION_ARG_STRING, &o->form,
		  "text, dot, json or html", "FORM" },
		{ "signal", 's', 0, G_OPTION_ARG_STRING, &o->signal,
		  "also when this signal comes (USR1, USR2, ...)", "NAME" },
		{ "why", 'w', 0, G_OPTION_ARG_INT64, &o->why,
		  "explain who needs this object", "ID" },
		{ "refused", 'r', 0, G_OPTION_ARG_NONE, &o->refused,
		  "explain every IOMMU_DESTROY that gives EBUSY", NULL },
		{ 0 },
	};
	GOptionContext *context = g_option_context_new(
		"[--] [RUN-OPTIONS] PROGRAM [ARGUMENTS] - graphs of its contexts");
	gboolean ok;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_strict_posix(context, TRUE);
	g_option_context_set_description(
		context, "See uiommufd-graph(1) and, for RUN-OPTIONS, "
			 "uiommufd-run(1).");
	ok = g_option_context_parse(context, argc, argv, error) &&
	     check(o, error);
	g_option_context_free(context);
	return ok;
}

static void ask(const struct options *o)
{
	char id[16];

	if (o->refused)
		g_setenv("UIOMMUFD_EXPLAIN", "1", TRUE);
	if (o->signal)
		g_setenv("UIOMMUFD_GRAPH_SIGNAL", o->signal, TRUE);
	if (o->why) {
		g_snprintf(id, sizeof(id), "%d", (int)o->why);
		g_setenv("UIOMMUFD_WHY", id, TRUE);
	}
	if (o->output || (!o->why && !o->refused))
		g_setenv("UIOMMUFD_GRAPH", o->output ? o->output : "-", TRUE);
	/* Stacks, unless somebody knows better. */
	g_setenv("UIOMMUFD_DEBUG", "refs", FALSE);
}

static void clear(struct options *o)
{
	g_free(o->output);
	g_free(o->form);
	g_free(o->signal);
}

int cmd_graph(int argc, char **argv)
{
	struct options o = { 0 };
	g_autoptr(GError) error = NULL;
	int status = EXIT_USAGE, skip = 0;

	if (!parse(&argc, &argv, &o, &error)) {
		complain(EXIT_USAGE, "graph: %s", error->message);
	} else {
		/* What follows our own '--' may begin with options of run. */
		skip = argc > 1 && !strcmp(argv[1], "--");
		ask(&o);
		status = cmd_run(argc - skip, argv + skip);
	}
	clear(&o);
	return status;
}
