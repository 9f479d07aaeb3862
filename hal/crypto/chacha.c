/* The ChaCha20 block function (RFC 8439 §2.3). PSA has the stream cipher only with a counter that starts at 0;
 * QUIC's header mask takes counter and nonce from the packet (RFC 9001 §5.4.4). Constant time. */
#include "psa.h"

static uint32_t readLittle(const uint8_t* at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t rotate(uint32_t value, int bits)
{
	return value << bits | value >> (32 - bits);
}

static void quarterRound(uint32_t* s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 7);
}

void chachaBlock(const uint8_t* key, uint32_t counter, const uint8_t* nonce, uint8_t* block)
{
	uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	uint32_t state[16];
	int i;
	for (i = 0; i < 8; i++)
		start[4 + i] = readLittle(key + 4 * i);
	start[12] = counter;
	for (i = 0; i < 3; i++)
		start[13 + i] = readLittle(nonce + 4 * i);
	for (i = 0; i < 16; i++)
		state[i] = start[i];
	for (i = 0; i < 10; i++) {
		quarterRound(state, 0, 4, 8, 12);
		quarterRound(state, 1, 5, 9, 13);
		quarterRound(state, 2, 6, 10, 14);
		quarterRound(state, 3, 7, 11, 15);
		quarterRound(state, 0, 5, 10, 15);
		quarterRound(state, 1, 6, 11, 12);
		quarterRound(state, 2, 7, 8, 13);
		quarterRound(state, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++) {
		uint32_t word = state[i] + start[i];
		block[4 * i] = (uint8_t)word;
		block[4 * i + 1] = (uint8_t)(word >> 8);
		block[4 * i + 2] = (uint8_t)(word >> 16);
		block[4 * i + 3] = (uint8_t)(word >> 24);
	}
	wipe(start, sizeof(start));
	wipe(state, sizeof(state));
}
