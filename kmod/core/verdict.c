// SPDX-License-Identifier: GPL-2.0
/*
 * Names of everything in verdict.h.
 */
#include "verdict.h"

static const char *const class_names[] = {
#define X(id, name) name,
	SKYPE_CLASSES(X)
#undef X
};

static const char *const grade_names[] = {
#define X(id, name) name,
	SKYPE_GRADES(X)
#undef X
};

static const char *const version_names[] = {
#define X(id, name) name,
	SKYPE_VERSIONS(X)
#undef X
};

static const struct {
	const char *name;
	const char *text;
	const char *section;
} reasons[] = {
#define X(id, name, text, section) { name, text, section },
	SKYPE_REASONS(X)
#undef X
};

static const struct {
	const char *name;
	const char *text;
} notes[] = {
#define X(id, name, text) { name, text },
	SKYPE_NOTES(X)
#undef X
};

static_assert(SKYPE_CLASS_COUNT <= 8, "a class takes 3 bits of struct skype_flow");
static_assert(SKYPE_REASON_COUNT < 32, "a reason takes 5 bits of skype_reasons_t");

static const char *name_of(const char *const *names, unsigned int count,
			   unsigned int i)
{
	return i < count ? names[i] : "?";
}

/**
 * skype_class_name() - the contract's name of a class
 * @class: enum skype_class
 *
 * Return: a constant string; "?" for a number that is none.  The functions
 * below do the same for the other lists of verdict.h.
 */
const char *skype_class_name(unsigned int class)
{
	return name_of(class_names, ARRAY_SIZE(class_names), class);
}

const char *skype_grade_name(unsigned int grade)
{
	return name_of(grade_names, ARRAY_SIZE(grade_names), grade);
}

const char *skype_version_name(unsigned int version)
{
	return name_of(version_names, ARRAY_SIZE(version_names), version);
}

const char *skype_reason_name(unsigned int reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].name : "?";
}

const char *skype_reason_text(unsigned int reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].text : "?";
}

const char *skype_reason_section(unsigned int reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].section : "?";
}

const char *skype_note_name(unsigned int note)
{
	return note < ARRAY_SIZE(notes) ? notes[note].name : "?";
}

const char *skype_note_text(unsigned int note)
{
	return note < ARRAY_SIZE(notes) ? notes[note].text : "?";
}
