# Сверка, для операторов.
case-title = Сверка
case-more = Расхождения с банками и провайдерами, их выписки
case-text = То, что говорят о наших деньгах провайдеры и банки, сравнивается с выводами, счетами партнёров и книгой. Каждое расхождение остаётся здесь, пока его не объяснят.
case-open-ones = Открытые
case-all = Все
case-bring = Загрузить выписку
case-none = Открытых расхождений нет.
case-age = { $count ->
    [0] новое
    [one] { $count } день
    [few] { $count } дня
   *[many] { $count } дней
}
case-closed = Закрыто
case-run = Сверить сейчас
case-run-text = Каждый день сверка идёт сама, за три дня назад.
case-run-now = Сверить
case-provider = Провайдер
case-days = За сколько дней
case-rail = Где
case-reference = Номер
case-ours = У нас
case-theirs = У них
case-said = Кратко
case-happened = Случилось
case-opened = Найдено впервые
case-seen = Найдено в последний раз
case-statement = выписка
case-list = список провайдера
case-system = само
case-agreed = Позднейшая сверка нашла, что всё сходится.
case-reason = Объяснение
case-payout = Вывод
case-partner = Партнёр
case-ask = Спросить провайдера
case-ask-text = Вопрос исправляет то, что осталось открытым из-за опоздавшего сообщения. Ничего не отправляется.
case-close = Закрыть
case-close-text = Закрытие ничего не проводит. Напишите, что выяснилось и где это проведено.
case-bank-text = Кто-то заплатил, а в назначении нет счёта. Выясните, кто это был, и проведите платёж вручную.
case-class-ours_only = Они его не знают
case-class-ours_only-text = Мы отправили этот вывод, а в списке провайдера его нет. Спросите провайдера, прежде чем что-то возвращать.
case-class-theirs_only = Необъяснённые деньги
case-class-theirs_only-text = Переведены деньги, которых ничто у нас не объясняет. Пока это не закрыто, через этого провайдера ничего не отправляется.
case-class-amount = Другая сумма
case-class-amount-text = Суммы расходятся. Выясните, какая верна, и проведите разницу вручную.
case-class-currency = Другая валюта
case-class-currency-text = Валюты расходятся. Провайдер должен сказать, что было переведено.
case-class-status = Кончилось иначе
case-class-status-text = По их словам, это кончилось иначе, чем у нас. Спросите провайдера; если выплачено после возврата, долг за покупателем.
case-class-duplicate = Больше одного раза
case-class-duplicate-text = Это стоит там больше одного раза. Пусть провайдер вернёт второе.
case-class-fee = Другая комиссия
case-class-fee-text = Они взяли не ту комиссию, о которой договорились.
case-class-late_return = Поздний возврат
case-class-late_return-text = Выплачено и вернулось, а у нас числится выплаченным. Спросите провайдера: ответ проведёт возврат.
case-class-ledger = Проведено иначе
case-class-ledger-text = В книге проведено не то, чего требует вывод. Проверьте книгу.
statement-text = Сначала вы увидите, что получится. Пока вы не скажете, ничего не записывается; повторное исполнение ничего не меняет.
statement-kind = Чья выписка
statement-provider = Провайдера: выводы
statement-bank = Банка: что заплатили партнёры
statement-account = Наш счёт в банке
statement-mapping = Столбцы
statement-own = Другие столбцы
statement-own-text = В виде TOML: какой столбец что значит
statement-file = Файл CSV
statement-paste = Или вставьте текст
statement-look = Посмотреть, что получится
statement-title = Выписка
statement-done = Исполнено
statement-would = Ничего ещё не записано: вот что получится.
statement-lines = Строк
statement-agreed = Сходится
statement-differences = Расхождения
statement-payments = К проведению
statement-payments-all = Платежи
statement-repeated = Проведены раньше
statement-unknown = Не проводятся
statement-bad = Строки, которые не прочесть
statement-column = Столбец
statement-book = Провести платежи
statement-keep = Завести расхождения
statement-other = Другой файл
statement-more = Показаны только первые: { $count }.
payment-repeated = проведён раньше
payment-due = По счёту причитается
payment-problem-no_bill = счёт не назван
payment-problem-key_reused = раньше другая сумма
payment-problem-amount = сумма слишком велика
payment-problem-bank = неизвестный счёт
flash-books-agree = Сверено: всё сходится.
flash-books-differ = Сверено: есть расхождения.
flash-case-asked = Провайдера спросили.
flash-case-closed = Закрыто.
flash-statement-applied = Исполнено.
invalid-days = Напишите от 1 до 100.
invalid-rail = Назовите провайдера или счёт: буквы, цифры, - _ и .
refused-case-closed = Это уже закрыто.
refused-provider-unavailable = Список провайдера сейчас не получить. Попробуйте позже.
alarm-money_unexplained = { $count ->
    [one] { $name }: переведены деньги, которых ничто не объясняет ({ $count }).
    [few] { $name }: переведены деньги, которых ничто не объясняет ({ $count }).
   *[many] { $name }: переведены деньги, которых ничто не объясняет ({ $count }).
}
alarm-books_uncompared = { $count ->
    [one] { $name }: список выплат не сверялся { $count } день.
    [few] { $name }: список выплат не сверялся { $count } дня.
   *[many] { $name }: список выплат не сверялся { $count } дней.
}
alarm-books_uncompared-text = Список провайдера не удаётся получить, и никто не смотрит, не перевёл ли он деньги, о которых мы не знаем. Попробуйте сверить и посмотрите, что говорит журнал.
alarm-money_unexplained-text = Объясните это и закройте расхождение. До этого через провайдера выплат ничего не отправляется.
op-action-reconciliation-run = Сверил с провайдером
op-action-reconciliation-close = Закрыл расхождение
op-action-statement-apply = Исполнил выписку
