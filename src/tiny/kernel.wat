;; The inner loop of the embedded model: y = W x, or y += W x, for `count` vectors x at once.
;;
;;   wat2wasm kernel.wat -o - | base64 -w 0     (wabt; the output stands in kernel.ts)
;;
;; All addresses and pitches count floats. `rows` is a multiple of 4, `cols` of 8. Four rows of W are read once for all vectors.
;; Every product of row and vector is added in one fixed order, whatever `count` is: eight partial sums, then (0+4)+(1+5), (2+6)+(3+7).
(module
  (import "mull" "memory" (memory 1))
  (func (export "matmul")
    (param $w i32) (param $wPitch i32) (param $x i32) (param $xPitch i32) (param $y i32) (param $yPitch i32)
    (param $rows i32) (param $cols i32) (param $count i32) (param $add i32)
    (local $row i32) (local $left i32) (local $j i32) (local $xj i32) (local $yi i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)
    (local $v v128) (local $u v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    ;; From floats to bytes.
    (local.set $w (i32.shl (local.get $w) (i32.const 2)))
    (local.set $x (i32.shl (local.get $x) (i32.const 2)))
    (local.set $y (i32.shl (local.get $y) (i32.const 2)))
    (local.set $wPitch (i32.shl (local.get $wPitch) (i32.const 2)))
    (local.set $xPitch (i32.shl (local.get $xPitch) (i32.const 2)))
    (local.set $yPitch (i32.shl (local.get $yPitch) (i32.const 2)))
    (local.set $cols (i32.shl (local.get $cols) (i32.const 2)))
    (loop $nextRows
      (local.set $xj (local.get $x))
      (local.set $yi (i32.add (local.get $y) (i32.shl (local.get $row) (i32.const 2))))
      (local.set $left (local.get $count))
      (loop $nextVector
        (local.set $w0 (local.get $w))
        (local.set $w1 (i32.add (local.get $w0) (local.get $wPitch)))
        (local.set $w2 (i32.add (local.get $w1) (local.get $wPitch)))
        (local.set $w3 (i32.add (local.get $w2) (local.get $wPitch)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (local.get $a)) (local.set $c (local.get $a)) (local.set $d (local.get $a))
        (local.set $e (local.get $a)) (local.set $f (local.get $a)) (local.set $g (local.get $a)) (local.set $h (local.get $a))
        (local.set $j (i32.const 0))
        (loop $nextColumns
          (local.set $v (v128.load (i32.add (local.get $xj) (local.get $j))))
          (local.set $u (v128.load offset=16 (i32.add (local.get $xj) (local.get $j))))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $v) (v128.load (i32.add (local.get $w0) (local.get $j))))))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $v) (v128.load (i32.add (local.get $w1) (local.get $j))))))
          (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $v) (v128.load (i32.add (local.get $w2) (local.get $j))))))
          (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $v) (v128.load (i32.add (local.get $w3) (local.get $j))))))
          (local.set $e (f32x4.add (local.get $e) (f32x4.mul (local.get $u) (v128.load offset=16 (i32.add (local.get $w0) (local.get $j))))))
          (local.set $f (f32x4.add (local.get $f) (f32x4.mul (local.get $u) (v128.load offset=16 (i32.add (local.get $w1) (local.get $j))))))
          (local.set $g (f32x4.add (local.get $g) (f32x4.mul (local.get $u) (v128.load offset=16 (i32.add (local.get $w2) (local.get $j))))))
          (local.set $h (f32x4.add (local.get $h) (f32x4.mul (local.get $u) (v128.load offset=16 (i32.add (local.get $w3) (local.get $j))))))
          (local.set $j (i32.add (local.get $j) (i32.const 32)))
          (br_if $nextColumns (i32.lt_u (local.get $j) (local.get $cols))))
        (local.set $a (f32x4.add (local.get $a) (local.get $e)))
        (local.set $b (f32x4.add (local.get $b) (local.get $f)))
        (local.set $c (f32x4.add (local.get $c) (local.get $g)))
        (local.set $d (f32x4.add (local.get $d) (local.get $h)))
        ;; Transposed, so that one addition serves four rows: e = a0 b0 a1 b1, f = c0 d0 c1 d1, g = a2 b2 a3 b3, h = c2 d2 c3 d3.
        (local.set $e (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
        (local.set $f (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
        (local.set $g (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
        (local.set $h (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
        (local.set $v (f32x4.add
          (f32x4.add
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $e) (local.get $f))
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $e) (local.get $f)))
          (f32x4.add
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $g) (local.get $h))
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $g) (local.get $h)))))
        (if (local.get $add) (then (local.set $v (f32x4.add (local.get $v) (v128.load (local.get $yi))))))
        (v128.store (local.get $yi) (local.get $v))
        (local.set $xj (i32.add (local.get $xj) (local.get $xPitch)))
        (local.set $yi (i32.add (local.get $yi) (local.get $yPitch)))
        (br_if $nextVector (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $w (i32.add (local.get $w) (i32.shl (local.get $wPitch) (i32.const 2))))
      (local.set $row (i32.add (local.get $row) (i32.const 4)))
      (br_if $nextRows (i32.lt_u (local.get $row) (local.get $rows))))))
