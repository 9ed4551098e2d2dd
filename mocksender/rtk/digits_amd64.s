//go:build !purego

#include "textflag.h"

DATA zero<>+0(SB)/8, $0
GLOBL zero<>(SB), RODATA|NOPTR, $8

// ROW adds the eight digits at CX times DX to r0…r7. The ninth digit of the sum
// ends up in BX. Low and high halves of the products have a carry each.
#define ROW(r0, r1, r2, r3, r4, r5, r6, r7) \
	XORQ  AX, AX \
	MULXQ (CX), AX, BX \
	ADCXQ AX, r0 \
	ADOXQ BX, r1 \
	MULXQ 8(CX), AX, BX \
	ADCXQ AX, r1 \
	ADOXQ BX, r2 \
	MULXQ 16(CX), AX, BX \
	ADCXQ AX, r2 \
	ADOXQ BX, r3 \
	MULXQ 24(CX), AX, BX \
	ADCXQ AX, r3 \
	ADOXQ BX, r4 \
	MULXQ 32(CX), AX, BX \
	ADCXQ AX, r4 \
	ADOXQ BX, r5 \
	MULXQ 40(CX), AX, BX \
	ADCXQ AX, r5 \
	ADOXQ BX, r6 \
	MULXQ 48(CX), AX, BX \
	ADCXQ AX, r6 \
	ADOXQ BX, r7 \
	MULXQ 56(CX), AX, BX \
	ADCXQ AX, r7 \
	ADCXQ zero<>(SB), BX \
	ADOXQ zero<>(SB), BX

// MULROW adds a row of a product. Its last digit is done, and is written at DI.
#define MULROW(at, r0, r1, r2, r3, r4, r5, r6, r7) \
	MOVQ at(SI), DX \
	ROW(r0, r1, r2, r3, r4, r5, r6, r7) \
	MOVQ r0, at(DI) \
	MOVQ BX, r0

// REDROW adds the multiple of the modulus at CX that makes the last digit zero.
// The factor is written in its place.
#define REDROW(at, r0, r1, r2, r3, r4, r5, r6, r7) \
	MOVQ  r0, DX \
	IMULQ SI, DX \
	MOVQ  DX, at(DI) \
	ROW(r0, r1, r2, r3, r4, r5, r6, r7) \
	MOVQ BX, r0

// ROWS is eight rows. Each begins one register further than the one before.
#define ROWS(row) \
	MOVQ (DI), R8 \
	MOVQ 8(DI), R9 \
	MOVQ 16(DI), R10 \
	MOVQ 24(DI), R11 \
	MOVQ 32(DI), R12 \
	MOVQ 40(DI), R13 \
	MOVQ 48(DI), R14 \
	MOVQ 56(DI), R15 \
	row(0, R8, R9, R10, R11, R12, R13, R14, R15) \
	row(8, R9, R10, R11, R12, R13, R14, R15, R8) \
	row(16, R10, R11, R12, R13, R14, R15, R8, R9) \
	row(24, R11, R12, R13, R14, R15, R8, R9, R10) \
	row(32, R12, R13, R14, R15, R8, R9, R10, R11) \
	row(40, R13, R14, R15, R8, R9, R10, R11, R12) \
	row(48, R14, R15, R8, R9, R10, R11, R12, R13) \
	row(56, R15, R8, R9, R10, R11, R12, R13, R14) \
	ADDQ 64(DI), R8 \
	ADCQ 72(DI), R9 \
	ADCQ 80(DI), R10 \
	ADCQ 88(DI), R11 \
	ADCQ 96(DI), R12 \
	ADCQ 104(DI), R13 \
	ADCQ 112(DI), R14 \
	ADCQ 120(DI), R15 \
	MOVQ R8, 64(DI) \
	MOVQ R9, 72(DI) \
	MOVQ R10, 80(DI) \
	MOVQ R11, 88(DI) \
	MOVQ R12, 96(DI) \
	MOVQ R13, 104(DI) \
	MOVQ R14, 112(DI) \
	MOVQ R15, 120(DI) \
	MOVQ zero<>(SB), AX \
	ADCQ AX, AX

// func addMulAssembled(z *[16]uint64, x, y *[8]uint64) (carry uint64)
TEXT ·addMulAssembled(SB), NOSPLIT, $0-32
	MOVQ z+0(FP), DI
	MOVQ x+8(FP), CX
	MOVQ y+16(FP), SI
	ROWS(MULROW)
	MOVQ AX, carry+24(FP)
	RET

// func reduceAssembled(z *[16]uint64, p *[8]uint64, inverse uint64) (carry uint64)
TEXT ·reduceAssembled(SB), NOSPLIT, $0-32
	MOVQ z+0(FP), DI
	MOVQ p+8(FP), CX
	MOVQ inverse+16(FP), SI
	ROWS(REDROW)
	MOVQ AX, carry+24(FP)
	RET

// func hasCarryChains() bool
TEXT ·hasCarryChains(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JLT  done
	MOVL $7, AX
	XORL CX, CX
	CPUID
	ANDL $0x80100, BX // ADX and BMI2
	CMPL BX, $0x80100
	SETEQ ret+0(FP)
done:
	RET
