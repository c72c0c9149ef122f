/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of a verdict: classes, grades, reasons, versions and notes.
 *
 * One list each, and everything else is made from it: the enumerations below,
 * the per-reason counters, the netlink attributes, the names in tables and in
 * JSON.  The names bind (users match on them); the numbers of classes stand in
 * the conntrack mark and bind too.  Order is part of both: append only.
 */
#ifndef SKYPE_CORE_VERDICT_H
#define SKYPE_CORE_VERDICT_H

#include "os.h"

/* X(identifier, name); the position is the class nibble of the state byte */
#define SKYPE_CLASSES(X)                                                       \
	X(NONE, "none")                                                        \
	X(PROBE, "probe")                                                      \
	X(PEER, "peer")                                                        \
	X(VOICE, "voice")                                                      \
	X(SUPERNODE, "supernode")                                              \
	X(SIGNAL, "signal")                                                    \
	X(LOGIN, "login")                                                      \
	X(UPDATE, "update")

#define SKYPE_GRADES(X)                                                        \
	X(NONE, "none")                                                        \
	X(SUSPECT, "suspect")                                                  \
	X(LIKELY, "likely")                                                    \
	X(CERTAIN, "certain")

#define SKYPE_VERSIONS(X)                                                      \
	X(UNKNOWN, "unknown")                                                  \
	X(0_97, "0.97")                                                        \
	X(1_X, "1.x")                                                          \
	X(2_X, "2.x")                                                          \
	X(5_5, "5.5+")

/* X(identifier, name, what it says, section of signatures.md) */
#define SKYPE_REASONS(X)                                                       \
	X(U1, "u1", "a UDP probe past the guards", "1.1")                      \
	X(U2_ECHO, "u2-echo", "NACK that echoes the request id", "1.1")        \
	X(U3_RESEND, "u3-resend", "resend with every echo right", "1.1")       \
	X(U4_POSITIVE, "u4-positive", "the node accepts the probe", "1.1")     \
	X(U4_NEGATIVE, "u4-negative", "the node refuses the probe", "1.1")     \
	X(ID_CHAIN, "id-chain", "request ids climb by 2 over 8 peers", "4.3")  \
	X(PUBLIC_ADDRESS, "public-address",                                    \
	  "two peers report one public address", "4.3")                        \
	X(ENDPOINT, "endpoint", "address and port are a proven endpoint", "5") \
	X(T1, "t1", "14-byte first message", "2.1")                            \
	X(T2_T3_T4, "t2-t3-t4", "accepted super node handshake", "2.1")        \
	X(T3_REFUSED, "t3-refused", "refused super node handshake", "2.1")     \
	X(SUPERNODE_KNOWN, "supernode-known", "node answered a probe", "5")    \
	X(R1, "r1", "imitated TLS ClientHello", "2.2")                         \
	X(R1_PADDING, "r1-padding", "its challenge is a padding run", "4.2")   \
	X(R2, "r2", "imitated TLS ServerHello", "2.2")                         \
	X(R1_80_V1, "r1-80-v1", "port 80 nibbles of v1.4", "2.2")              \
	X(R1_80_V2, "r1-80-v2", "port 80 nibbles of v2.0", "2.2")              \
	X(KS, "ks", "key stream restart shows the padding", "4.2")             \
	X(T1T2, "t1t2", "T1 and T2 share a key stream", "4.2")                 \
	X(DH, "dh", "padded key exchange", "4.2")                              \
	X(L1_L2, "l1-l2", "empty records of the login server", "2.3")          \
	X(L3, "l3", "login request", "2.3")                                    \
	X(L3_LATE, "l3-late", "login request, later form", "4.2")              \
	X(L4_OK, "l4-ok", "login accepted", "2.3")                             \
	X(L4_REFUSED, "l4-refused", "login refused", "2.3")                    \
	X(UPDATE_INSTALLED, "update-installed", "first start reported", "2.4") \
	X(UPDATE_CHECK, "update-check", "asks for the latest version", "2.4")  \
	X(VOICE_RATE, "voice-rate", "3 s at voice pace both ways", "5")

/*
 * Notes say what one message ruled out, or why inspection went on or ended.
 * They decide nothing; they are for explanations and for counters.
 */
#define SKYPE_NOTES(X)                                                         \
	X(NONE, "none", "")                                                    \
	X(UDP_SHORT, "udp-short", "shorter than a data message (18 bytes)")    \
	X(UDP_TYPE, "udp-type", "the third byte is not type 0x02")             \
	X(UDP_BER, "udp-ber", "guard: a BER sequence (SNMP)")                  \
	X(UDP_LENGTH, "udp-length", "guard: a length in bytes 3 and 4 (RADIUS)") \
	X(UDP_ZEROS, "udp-zeros", "guard: zero bytes where ciphertext stands") \
	X(UDP_OWN_ID, "udp-own-id", "answer carries the request's own id: an echo server") \
	X(UDP_WRONG_ID, "udp-wrong-id", "NACK layout, but another id")         \
	X(UDP_WRONG_ADDRESS, "udp-wrong-address", "NACK with an impossible public address") \
	X(UDP_RESEND_SIZE, "udp-resend-size", "resend is not 5 bytes longer")  \
	X(UDP_RESEND_ECHO, "udp-resend-echo", "resend with a wrong challenge, address or CRC") \
	X(UDP_RETRANSMIT, "udp-retransmit", "a request again, the same or another")                \
	X(UDP_ANSWER, "udp-answer", "answer of another size")                  \
	X(UDP_PEER, "udp-peer", "traffic of a proven endpoint")                \
	X(UDP_NOTHING, "udp-nothing", "nothing of the catalogue")              \
	X(UDP_TOO_LONG, "udp-too-long", "no answer fits; given up")            \
	X(TCP_OLD, "tcp-old", "retransmission, ignored")                       \
	X(TCP_GAPS, "tcp-gaps", "too many gaps; given up")                     \
	X(TCP_PART, "tcp-part", "part of a longer message")                    \
	X(TCP_OPENING, "tcp-opening", "first message, no proof by itself")     \
	X(TCP_MESSAGE, "tcp-message", "encrypted message")                     \
	X(TCP_R1_RANDOM, "tcp-r1-random", "ClientHello fits, its challenge is no padding run") \
	X(TCP_DH_OPENING, "tcp-dh-opening", "ends in a padding run; a second message must have 8 bytes") \
	X(TCP_T2, "tcp-t2", "has the size of T2")                              \
	X(TCP_T3, "tcp-t3", "has the size of an accepting T3")                 \
	X(TCP_UNKNOWN_NODE, "tcp-unknown-node", "T2 T3 T4 to a node without other evidence: nothing") \
	X(TCP_NOTHING, "tcp-nothing", "nothing of the catalogue")              \
	X(TCP_TOO_LONG, "tcp-too-long", "no signature completed; given up")    \
	X(TCP_CLOSED, "tcp-closed", "connection closed")                       \
	X(LOGIN_L1, "login-l1", "empty handshake record; L2 must follow")      \
	X(LOGIN_NO_SEAM, "login-no-seam", "login prefix without the second record at 210") \
	X(LOGIN_OTHER, "login-other", "a record, neither accepted nor refused") \
	X(UPDATE_PATH, "update-path", "path of the version check; the Host must follow") \
	X(UPDATE_HOST, "update-host", "version check for another Host")        \
	X(VOICE_COUNTING, "voice-counting", "counted towards voice pace")      \
	X(VOICE_NONE, "voice-none", "512 packets or more without voice pace")

enum skype_class {
#define X(id, name) SKYPE_CLASS_##id,
	SKYPE_CLASSES(X)
#undef X
	SKYPE_CLASS_COUNT
};

enum skype_grade {
#define X(id, name) SKYPE_GRADE_##id,
	SKYPE_GRADES(X)
#undef X
	SKYPE_GRADE_COUNT
};

enum skype_version {
#define X(id, name) SKYPE_VERSION_##id,
	SKYPE_VERSIONS(X)
#undef X
	SKYPE_VERSION_COUNT
};

enum skype_reason {
#define X(id, name, text, section) SKYPE_REASON_##id,
	SKYPE_REASONS(X)
#undef X
	SKYPE_REASON_COUNT
};

enum skype_note {
#define X(id, name, text) SKYPE_NOTE_##id,
	SKYPE_NOTES(X)
#undef X
	SKYPE_NOTE_COUNT
};

/* What a packet made happen beside a verdict; a bit set in skype_finding. */
enum skype_event {
	SKYPE_EVENT_FLOW = 1 << 0,             /* class or grade changed */
	SKYPE_EVENT_LOGIN_OK = 1 << 1,
	SKYPE_EVENT_LOGIN_REFUSED = 1 << 2,
	SKYPE_EVENT_SESSION_START = 1 << 3,
	SKYPE_EVENT_SUPERNODE_CHANGE = 1 << 4,
	SKYPE_EVENT_SESSION_END = 1 << 5,
	SKYPE_EVENT_ENDPOINT = 1 << 6,         /* the client's endpoint is proven now */
	SKYPE_EVENT_ACCEPTED = 1 << 7,         /* T4: skype_flow_accepted() is next */
};

/*
 * The state byte of the conntrack mark (contract.md), before it is shifted to
 * its place.
 */
#define SKYPE_STATE_SKYPE 0x80 /* likely or certain */
#define SKYPE_STATE_CERTAIN 0x40
#define SKYPE_STATE_SUSPECT 0x20
#define SKYPE_STATE_DONE 0x10
#define SKYPE_STATE_CLASS 0x0f

/**
 * skype_state_byte() - the state byte of a verdict
 * @class: enum skype_class
 * @grade: enum skype_grade
 * @done: inspection of the flow has ended
 *
 * Return: the byte, unshifted; 0 for a flow that is not Skype.  The done bit
 * is set for Skype and suspect flows only: whether others get it is policy.
 */
static inline u8 skype_state_byte(u8 class, u8 grade, bool done)
{
	static const u8 of_grade[SKYPE_GRADE_COUNT] = {
		[SKYPE_GRADE_SUSPECT] = SKYPE_STATE_SUSPECT,
		[SKYPE_GRADE_LIKELY] = SKYPE_STATE_SKYPE,
		[SKYPE_GRADE_CERTAIN] = SKYPE_STATE_SKYPE | SKYPE_STATE_CERTAIN,
	};

	if (grade == SKYPE_GRADE_NONE)
		return 0;
	return of_grade[grade & 3] | (done ? SKYPE_STATE_DONE : 0) |
	       (class & SKYPE_STATE_CLASS);
}

const char *skype_class_name(unsigned int class);
const char *skype_grade_name(unsigned int grade);
const char *skype_version_name(unsigned int version);
const char *skype_reason_name(unsigned int reason);
const char *skype_reason_text(unsigned int reason);
const char *skype_reason_section(unsigned int reason);
const char *skype_note_name(unsigned int note);
const char *skype_note_text(unsigned int note);

#endif /* SKYPE_CORE_VERDICT_H */
