// SPDX-License-Identifier: GPL-2.0
/* The table of objects, and finding one and its command. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

const struct object *const objects[] = {
	&object_status,	    &object_enable,   &object_disable,
	&object_policy,	    &object_flow,     &object_endpoint,
	&object_supernode,  &object_session,  &object_counter,
	&object_monitor,    &object_classify, &object_export,
	&object_nft,	    &object_complete, NULL,
};

static const char *object_name(const void *of, unsigned int i)
{
	(void)of;
	return objects[i] ? objects[i]->name : NULL;
}

const struct object *object_find(const char *word)
{
	const struct object *const *o;

	for (o = objects; *o; o++)
		if (!strcmp(word, (*o)->name) ||
		    ((*o)->plural && !strcmp(word, (*o)->plural)))
			return *o;
	unknown_word("object", word, object_name, NULL);
	return NULL;
}

static const char *command_name(const void *of, unsigned int i)
{
	const struct command *commands = of;

	return commands[i].run ? commands[i].name : NULL;
}

const struct command *command_find(const struct object *object,
				   const char *word)
{
	const struct command *c;
	char kind[64];

	for (c = object->commands; c->run; c++)
		if (!strcmp(word, c->name))
			return c;
	snprintf(kind, sizeof(kind), "%s command", object->name);
	unknown_word(kind, word, command_name, object->commands);
	return NULL;
}
