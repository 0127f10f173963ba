/// 无障碍验证 (pages.md K8): the worker that looks for a number whose hash begins with enough zero bits. Plain script counts
/// faster than the browser's own digest, which answers by promise. Served as a file of its own, fetched when it is asked for.
enum ProofWorker {
    static let text = #"""
        (function () {
          "use strict";
          var K = new Int32Array([
            0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
            0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
            0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
            0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
            0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
            0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
            0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
            0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2]);
          var START = new Int32Array([
            0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);
          var w = new Int32Array(64);

          /* SHA-256 of one block of 64 bytes (FIPS 180-4 §6.2.2), added to the state. */
          function add(state, bytes, at) {
            var i, x, y;
            for (i = 0; i < 16; i++, at += 4) {
              w[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
            }
            for (i = 16; i < 64; i++) {
              x = w[i - 15]; y = w[i - 2];
              w[i] = ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[i - 7]
                + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) + w[i - 16] | 0;
            }
            var a = state[0], b = state[1], c = state[2], d = state[3];
            var e = state[4], f = state[5], g = state[6], h = state[7];
            for (i = 0; i < 64; i++) {
              x = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0;
              y = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
              h = g; g = f; f = e; e = d + x | 0; d = c; c = b; b = a; a = x + y | 0;
            }
            state[0] += a; state[1] += b; state[2] += c; state[3] += d;
            state[4] += e; state[5] += f; state[6] += g; state[7] += h;
          }
          function bytesOf(text) {
            var bytes = new Uint8Array(text.length);
            for (var i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
            return bytes;
          }

          self.onmessage = function (event) {
            /* What does not change is hashed once: only the rest and the number are hashed at each try. */
            var prefix = bytesOf("citygate-pow|" + event.data.id + "|"), shift = 32 - event.data.bits;
            var done = prefix.length - prefix.length % 64, rest = prefix.length - done;
            var middle = new Int32Array(START), state = new Int32Array(8), tail = new Uint8Array(128);
            for (var at = 0; at < done; at += 64) add(middle, prefix, at);
            tail.set(prefix.subarray(done));
            for (var nonce = 0; ; nonce++) {
              var digits = String(nonce), end = rest + digits.length, size = end + 9 > 64 ? 128 : 64;
              var length = (done + end) * 8, i;
              for (i = 0; i < digits.length; i++) tail[rest + i] = digits.charCodeAt(i);
              tail[end] = 0x80;
              for (i = end + 1; i < size - 2; i++) tail[i] = 0;
              tail[size - 2] = length >>> 8;
              tail[size - 1] = length & 255;
              state.set(middle);
              add(state, tail, 0);
              if (size === 128) add(state, tail, 64);
              if (state[0] >>> shift === 0) { self.postMessage({ nonce: digits }); return; }
              if (nonce % 4096 === 4095) self.postMessage({ tries: nonce + 1 });
            }
          };
        })();
        """#
}
