/* See der.h. */
#include "der.h"

int derElement(DerRange* from, uint8_t tag, DerRange* content)
{
	size_t left = (size_t)(from->end - from->at);
	size_t length, head = 2;
	if ((left < 2) || (from->at[0] != tag))
		return 0;
	length = from->at[1];
	if (length == 0x81) {
		head = 3;
		if ((left < head) || ((length = from->at[2]) < 128))
			return 0;
	}
	else if (length == 0x82) {
		head = 4;
		if ((left < head) || ((length = (size_t)from->at[2] << 8 | from->at[3]) < 256))
			return 0;
	}
	else if (length > 127)
		return 0;
	if (left - head < length)
		return 0;
	content->at = from->at + head;
	content->end = content->at + length;
	from->at = content->end;
	return 1;
}

int derInteger(DerRange* from, DerRange* value)
{
	if (!derElement(from, DER_INTEGER, value) || (value->at == value->end) || (value->at[0] & 0x80))
		return 0;
	if ((value->at[0] == 0) && (value->end - value->at > 1)) {
		if (!(value->at[1] & 0x80))
			return 0;
		value->at++;
	}
	return 1;
}
