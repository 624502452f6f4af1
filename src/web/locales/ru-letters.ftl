# Новости о деньгах в письмах. Первая строка письма с одной новостью — это и его тема.
letter-hello = Здравствуйте!
letter-subject = { $count ->
    [one] { $count } новость о ваших деньгах
    [few] { $count } новости о ваших деньгах
   *[many] { $count } новостей о ваших деньгах
}
letter-reported = { $store }: магазин сообщил о вашем заказе, кэшбэк { $amount } в пути
letter-changed = { $store }: магазин уточнил ваш заказ, кэшбэк теперь { $amount }
letter-confirmed = { $store }: магазин подтвердил ваш заказ, кэшбэк { $amount }
letter-declined = { $store }: магазин отклонил ваш заказ, кэшбэка за него не будет
letter-reversed = { $store }: магазин отменил ваш заказ, кэшбэк { $amount } снят
letter-available = { $store }: { $amount } теперь можно вывести
letter-debt = Деньги освободились и пошли в счёт долга: кэшбэк, который отменили после вывода
letter-payout-reserved = Вывод { $amount } на { $place } принят
letter-payout-paid = Вывод { $amount } на { $place } выполнен
letter-payout-released = Вывод { $amount } на { $place } не состоялся: деньги по-прежнему ваши
letter-payout-returned = Вывод { $amount } на { $place } вернулся: деньги снова ваши
letter-correction = Ваш баланс исправлен на { $amount }
letter-why = . Причина: { $why }
letter-balance = Всё, что у вас есть: { $link }
letter-foot = Какие письма получать, решаете вы: { $link }
