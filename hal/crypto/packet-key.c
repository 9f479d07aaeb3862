/* Packet protection (RFC 9001 §5): AEAD in place and header mask. The AEAD key and an AES header key live in PSA,
 * a ChaCha20 header key here. */
#include <string.h>

#include "psa.h"

/* Both directions of Initial, Handshake, 0-RTT, 1-RTT and of the 1-RTT keys before and after. Two PSA slots each:
 * Mbed TLS has 32. */
#define KEYS_MAX 12

#define AEAD_AES_128_GCM 1
#define AEAD_CHACHA20_POLY1305 2
#define AEAD_AES_256_GCM 3
#define AES_128_KEY_BYTES 16
#define AES_256_KEY_BYTES 32
#define IV_BYTES 12
#define TAG_BYTES 16
#define SAMPLE_BYTES 16
#define MASK_BYTES 5

typedef struct {
	int used;
	psa_algorithm_t algorithm;
	psa_key_id_t key;
	psa_key_id_t headerKey; /* AES */
	uint8_t headerSecret[CHACHA_KEY_BYTES]; /* ChaCha20 */
	uint8_t iv[IV_BYTES];
} PacketKey;

static PacketKey gKeys[KEYS_MAX];

void xs_packet_key_destructor(void* data);

/* psa_destroy_key fails only where the library itself is damaged; the place is free in any case. */
void xs_packet_key_destructor(void* data)
{
	PacketKey* key = data;
	if (!key)
		return;
	if (key->key)
		(void)PSA(psa_destroy_key(key->key));
	if (key->headerKey)
		(void)PSA(psa_destroy_key(key->headerKey));
	wipe(key, sizeof(*key));
}

static PacketKey* keyOf(xsMachine* the)
{
	PacketKey* key = xsmcGetHostDataValidate(xsThis, (void*)xs_packet_key_destructor);
	if (!key)
		xsUnknownError("packet key: closed");
	return key;
}

static psa_status_t importKey(psa_key_id_t* id, psa_key_type_t type, psa_algorithm_t algorithm, const void* bytes, size_t length)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, type);
	psa_set_key_algorithm(&attributes, algorithm);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
	return PSA(psa_import_key(&attributes, bytes, length, id));
}

/* (aead, key, iv, headerKey) */
void xs_packet_key(xsMachine* the)
{
	uint32_t aead = xsUnsignedArgument(0, "packet key: AEAD");
	int isAes = aead != AEAD_CHACHA20_POLY1305;
	xsUnsignedValue length = aead == AEAD_AES_128_GCM ? AES_128_KEY_BYTES : isAes ? AES_256_KEY_BYTES : CHACHA_KEY_BYTES;
	xsUnsignedValue keyLength, ivLength, headerLength;
	void *keyBytes, *ivBytes, *headerBytes;
	psa_status_t status;
	PacketKey* key;

	if ((aead < AEAD_AES_128_GCM) || (aead > AEAD_AES_256_GCM))
		xsRangeError("packet key: no AEAD %u", (unsigned)aead);
	cryptoStart(the);
	key = TAKE(gKeys, KEYS_MAX);
	if (!key)
		xsUnknownError("packet key: %d are in use, close one", KEYS_MAX);
	xsmcGetBufferReadable(xsArg(1), &keyBytes, &keyLength);
	xsmcGetBufferReadable(xsArg(2), &ivBytes, &ivLength);
	xsmcGetBufferReadable(xsArg(3), &headerBytes, &headerLength);
	if ((keyLength != length) || (headerLength != length) || (ivLength != IV_BYTES))
		xsRangeError("packet key: key of %u, iv of %u, header key of %u bytes; expected %u, %d, %u", (unsigned)keyLength,
			(unsigned)ivLength, (unsigned)headerLength, (unsigned)length, IV_BYTES, (unsigned)length);
	memcpy(key->iv, ivBytes, IV_BYTES);
	if (isAes) {
		key->algorithm = PSA_ALG_GCM;
		status = importKey(&key->key, PSA_KEY_TYPE_AES, PSA_ALG_GCM, keyBytes, keyLength);
		if (status == PSA_SUCCESS)
			status = importKey(&key->headerKey, PSA_KEY_TYPE_AES, PSA_ALG_ECB_NO_PADDING, headerBytes, headerLength);
	}
	else {
		key->algorithm = PSA_ALG_CHACHA20_POLY1305;
		memcpy(key->headerSecret, headerBytes, CHACHA_KEY_BYTES);
		status = importKey(&key->key, PSA_KEY_TYPE_CHACHA20, PSA_ALG_CHACHA20_POLY1305, keyBytes, keyLength);
	}
	if (status != PSA_SUCCESS) {
		xs_packet_key_destructor(key);
		cryptoFail(the, "packet key", status);
	}
	key->used = 1;
	xsmcSetHostData(xsThis, key);
}

/* The IV with the packet number XORed into its end (RFC 9001 §5.3). */
static void setNonce(xsMachine* the, const PacketKey* key, xsSlot* number, uint8_t* nonce)
{
	uint64_t value = (uint64_t)integerArgument(the, number, SAFE_INTEGER_MAX, "packet number");
	int i;
	memcpy(nonce, key->iv, IV_BYTES);
	for (i = IV_BYTES - 1; value; i--, value >>= 8)
		nonce[i] ^= (uint8_t)value;
}

/* What seal and open are called with. */
typedef struct {
	PacketKey* key;
	uint8_t nonce[IV_BYTES];
	uint8_t* aad;
	size_t aadLength;
	uint8_t* text;
	size_t textLength;
	uint32_t textStart;
	size_t room; /* bytes behind the text */
} PacketArguments;

/* (bytes, aadStart, textStart, textEnd, packetNumber) */
static void readArguments(xsMachine* the, const char* what, PacketArguments* arguments)
{
	uint32_t aadStart = xsUnsignedArgument(1, what);
	uint32_t textStart = xsUnsignedArgument(2, what);
	uint32_t textEnd = xsUnsignedArgument(3, what);
	xsUnsignedValue size;
	void* data;

	arguments->key = keyOf(the);
	setNonce(the, arguments->key, &xsArg(4), arguments->nonce);
	xsmcGetBufferWritable(xsArg(0), &data, &size);
	checkRange(the, aadStart, textStart, size, what);
	checkRange(the, textStart, textEnd, size, what);
	arguments->aad = (uint8_t*)data + aadStart;
	arguments->aadLength = textStart - aadStart;
	arguments->text = (uint8_t*)data + textStart;
	arguments->textLength = textEnd - textStart;
	arguments->textStart = textStart;
	arguments->room = size - textEnd;
}

void xs_packet_key_seal(xsMachine* the)
{
	PacketArguments a;
	size_t length = 0;
	psa_status_t status;

	readArguments(the, "seal", &a);
	if (a.room < TAG_BYTES)
		xsRangeError("seal: no room for the tag, %u bytes left", (unsigned)a.room);
	status = PSA(psa_aead_encrypt(a.key->key, a.key->algorithm, a.nonce, IV_BYTES, a.aad, a.aadLength, a.text, a.textLength,
		a.text, a.textLength + TAG_BYTES, &length));
	if (status != PSA_SUCCESS)
		cryptoFail(the, "seal", status);
	xsmcSetInteger(xsResult, (xsIntegerValue)(a.textStart + length));
}

void xs_packet_key_open(xsMachine* the)
{
	PacketArguments a;
	size_t length = 0;
	psa_status_t status;

	readArguments(the, "open", &a);
	xsmcSetInteger(xsResult, -1);
	if (a.textLength < TAG_BYTES)
		return;
	status = PSA(psa_aead_decrypt(a.key->key, a.key->algorithm, a.nonce, IV_BYTES, a.aad, a.aadLength, a.text, a.textLength,
		a.text, a.textLength - TAG_BYTES, &length));
	if (status == PSA_SUCCESS)
		xsmcSetInteger(xsResult, (xsIntegerValue)(a.textStart + length));
	/* Without memory a packet is lost like one that the network lost. */
	else if ((status != PSA_ERROR_INVALID_SIGNATURE) && (status != PSA_ERROR_INSUFFICIENT_MEMORY))
		cryptoFail(the, "open", status);
}

/* (bytes, sampleAt, into) */
void xs_packet_key_mask(xsMachine* the)
{
	PacketKey* key = keyOf(the);
	uint32_t sampleAt = xsUnsignedArgument(1, "mask");
	uint8_t block[CHACHA_BLOCK_BYTES];
	const uint8_t* sample;
	xsUnsignedValue size, intoSize;
	void *data, *into;

	xsmcGetBufferReadable(xsArg(0), &data, &size);
	xsmcGetBufferWritable(xsArg(2), &into, &intoSize);
	if ((sampleAt > size) || (size - sampleAt < SAMPLE_BYTES))
		xsRangeError("mask: sample at %u of %u bytes", (unsigned)sampleAt, (unsigned)size);
	if (intoSize < MASK_BYTES)
		xsRangeError("mask: room for %u bytes, expected %d", (unsigned)intoSize, MASK_BYTES);
	sample = (const uint8_t*)data + sampleAt;
	if (key->headerKey) {
		size_t length;
		psa_status_t status = PSA(psa_cipher_encrypt(key->headerKey, PSA_ALG_ECB_NO_PADDING, sample, SAMPLE_BYTES, block, sizeof(block), &length));
		if (status != PSA_SUCCESS)
			cryptoFail(the, "mask", status);
	}
	else {
		uint32_t counter = (uint32_t)sample[0] | (uint32_t)sample[1] << 8 | (uint32_t)sample[2] << 16 | (uint32_t)sample[3] << 24;
		chachaBlock(key->headerSecret, counter, sample + 4, block);
	}
	memcpy(into, block, MASK_BYTES);
	wipe(block, sizeof(block));
}

void xs_packet_key_close(xsMachine* the)
{
	xs_packet_key_destructor(xsmcGetHostDataValidate(xsThis, (void*)xs_packet_key_destructor));
	xsmcSetHostData(xsThis, NULL);
}
